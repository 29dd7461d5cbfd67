"""The classification head of a Hugging Face folder: its classes, and their names."""

from pathlib import Path
from typing import Any

from kbert.errors import InputError
from kbert.findings import Call

# Classes of transformers whose head is another one than a classifier's of texts.
_OTHER_TASKS = {
    "BertForTokenClassification": "labels for tokens",
    "BertForQuestionAnswering": "answers inside a text",
    "BertForMultipleChoice": "a choice between texts",
}


def check_head(config: dict[str, Any], shape: tuple[int, ...], has_pooler: bool, file: Path) -> int:
    """Return the number of classes of a head, or raise InputError: it is not one of texts.

    Args:
        config: dict. The contents of config.json.
        shape: tuple of int. Of the head's kernel, [classes, hidden].
        has_pooler: bool. Whether the model has a pooler, which a classifier of texts needs.
        file: Path. The config.json.
    """
    architectures = config.get("architectures")
    names = architectures if isinstance(architectures, list) else []
    task = next((_OTHER_TASKS[n] for n in names if isinstance(n, str) and n in _OTHER_TASKS), None)
    if task is not None:
        raise _not_wanted(file, "its head predicts {task}", task=task)
    problem = config.get("problem_type")
    if problem not in (None, "single_label_classification"):
        raise _not_wanted(
            file,
            "the model was trained for {problem!r:.80}; kbert supports only "
            "single_label_classification, one label per text",
            problem=problem,
        )
    if not has_pooler:
        raise _not_wanted(file, "the model has no pooler, so its head is not one of texts")
    classes = shape[0] if len(shape) == 2 else 0
    if classes < 2:
        raise _not_wanted(
            file, "its head has the shape {shape}: it does not choose between classes", shape=shape
        )
    return classes


def head_labels(
    config: dict[str, Any], classes: int, file: Path
) -> tuple[tuple[str, ...] | None, str]:
    """Return the names of a head's classes, or None and why the files do not name them.

    Without `id2label` they are LABEL_0, LABEL_1, ... as in transformers.
    """
    names = config.get("id2label")
    if names is None:
        return tuple(f"LABEL_{number}" for number in range(classes)), ""
    shown = f"Received: {names!r:.80}"
    try:
        found = [names[str(number)] for number in range(len(names))]
    except (KeyError, TypeError):
        return None, f"{file}: id2label must name the classes from 0 on. {shown}"
    texts = tuple(name for name in found if isinstance(name, str) and name)
    if len(found) < 2 or len(set(texts)) < len(found):
        return None, f"{file}: id2label must give at least two classes different names. {shown}"
    if len(texts) != classes:
        return None, f"{file}: id2label names {len(texts)} classes."
    return texts, ""


def _not_wanted(file: Path, reason: str, **values: Any) -> InputError:
    train = Call("train", "DATA", preset=file.parent, output="NEW")
    return InputError(
        "{file}: " + reason + ". To train a new head on its encoder: {train}",
        file=file,
        train=train,
        **values,
    )
