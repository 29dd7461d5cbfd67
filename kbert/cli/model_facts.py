"""What a model's files tell without Keras."""

from pathlib import Path

from kbert.data.reading.labels import Labels
from kbert.errors import InputError
from kbert.interop.google import GOOGLE_CONFIG
from kbert.interop.kbert_model import FORMAT, model_settings
from kbert.runs.run_directory import RunDirectory
from kbert.serving.export_settings import ExportSettings, is_export
from kbert.utils.untrusted import read_json


def model_facts(model: Path) -> tuple[Labels | None, bool | None]:
    """Return a model's labels and whether it takes text pairs, as far as its files tell."""
    if is_export(model):
        settings = ExportSettings.read(model)
        return Labels(settings.labels), settings.text_pairs
    folder = model / "model" if (model / "model").is_dir() else model
    config = folder / "config.json"
    if config.is_file() and read_json(config).get("format") == FORMAT:
        labels = Labels(tuple(model_settings(folder)["labels"]))
        return labels, RunDirectory(model).record.get("text_pairs")
    if model.suffix == ".keras" or (model / GOOGLE_CONFIG).exists() or config.exists():
        return None, None  # what it predicts is read with its weights
    record = RunDirectory(model).record
    why = f"its status is {record['status']!r}" if record else "it is not a run directory"
    if not model.exists():
        why = "it does not exist"
    raise InputError(
        "{model} contains no trained model: {why}. Name a run that has finished.",
        model=model,
        why=why,
    )
