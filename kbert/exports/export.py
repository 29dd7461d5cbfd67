"""Write a model for other programs, and see that it predicts there what it does here."""

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, get_args

import numpy as np

from kbert.backend import choose_backend, import_keras
from kbert.choices import ExportFormat
from kbert.errors import KbertError

_TOLERANCE = 1e-4  # of a probability
_SENTENCES = (
    "A moving story, beautifully told from start to end.",
    "no",
    "The plot makes no sense at all, and I wanted my money back after twenty minutes of it!",
    "Zürich, 3 p.m.: “it's 50 % off” – naïve café-goers paid €7.50 (again)...",
    "这部电影很好看,我会推荐给朋友。",
    "UPPER lower MiXeD 1234567890 antidisestablishmentarianism",
    "word " * 300,
)


class Format(Protocol):
    """What a module of this package has for its format."""

    def write(self, model: Any, path: Path) -> None:
        """Write the model to a path that is not there yet."""

    def predict(self, path: Path, texts: Sequence[str], model: Any) -> np.ndarray | None:
        """Return the probabilities [texts, labels] by the format's own program, if installed."""


def export(
    run: str | Path,
    output: str | Path,
    *,
    format: ExportFormat,
    backend: str | None = None,
    report: Callable[[str], None] = print,
) -> Path:
    """Write a run's model in another form, opened and compared before it takes its name.

    Args:
        run: str or Path. A run directory, a model folder or a .keras file.
        output: str or Path. Must not exist.
        format: "huggingface" (config.json, model.safetensors and tokenizer files; labels in
            id2label), "google" (bert_model.ckpt, bert_config.json, vocab.txt, labels.txt) or
            "keras" (a .keras file).
        backend: str or None. Defaults to None: see `choose_backend`.
        report: function of str. Defaults to `print`.

    Raises:
        KbertError: `output` exists, the format cannot hold the model, or its probabilities there
            differ by more than 1e-4.

    Example:

    ```python
    export("runs/a", "exports/a", format="huggingface")
    ```
    """
    output = Path(output)
    if output.exists():
        raise KbertError(f"{output} exists, and nothing is overwritten. Name another --output.")
    if format not in get_args(ExportFormat):
        known = ", ".join(get_args(ExportFormat))
        raise KbertError(f"The format must be one of {known}. Received: {format!r}")
    if format == "keras" and output.suffix != ".keras":
        raise KbertError(f"A file of Keras ends in .keras. Received: --output {output}")
    choose_backend(backend)
    import_keras()
    from kbert.models.bert_classifier import BertClassifier

    model = BertClassifier.load(run)
    chosen = _format(format)
    output.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=output.parent, prefix=f".{output.name}-"))
    try:
        written = folder / output.name
        chosen.write(model, written)
        here = model.probabilities(_SENTENCES)
        there = chosen.predict(written, _SENTENCES, model)
        if there is not None:
            _compare(here, there, format)
        os.replace(written, output)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if there is None:
        report(f"{output} was written, and not opened: the program of its format is not installed.")
    else:
        greatest = float(np.abs(here - there).max())
        report(f"{output} was opened and predicts the same: probabilities within {greatest:.1e}.")
    return output


def _format(name: str) -> Format:
    import importlib

    return importlib.import_module(f"kbert.exports.{name}")


def _compare(here: np.ndarray, there: np.ndarray, format: str) -> None:
    if here.shape != there.shape or not np.abs(here - there).max() <= _TOLERANCE:
        row = int(np.abs(here - there).max(axis=1).argmax()) if here.shape == there.shape else 0
        raise KbertError(
            f"The {format} export is refused: it differs from the model. The sentence "
            f"{_SENTENCES[row]!r:.60} has the probabilities {here[row].round(5).tolist()} here and "
            f"{there[row].round(5).tolist()} there; at most {_TOLERANCE} were expected."
        )
