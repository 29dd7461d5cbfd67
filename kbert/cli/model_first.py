"""Whether a model and its data were named in the wrong order."""

from pathlib import Path

from kbert.errors import InputError
from kbert.findings import Call, Cure


def check_model_first(verb: str, model: Path, data: str | None) -> None:
    """Raise InputError if the first path is a data file and the second one a model.

    Args:
        verb: str. The verb that was called.
        model: Path. The first path.
        data: str or None. The second path, if it was named.
    """
    if data is None or not model.is_file() or _may_be_model(model):
        return
    if _may_be_model(Path(data)):
        raise InputError(
            "The model comes first, then the data: {data} is a model, and {model} a file of data.",
            model=model,
            data=data,
            cure=Cure(call=Call(verb, data, model)),
        )


def _may_be_model(path: Path) -> bool:
    return path.is_dir() or (path.suffix == ".keras" and path.is_file())
