"""Use a run's model: score it on a file, label texts with it."""

import csv
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from kbert.backend.choose_backend import choose_backend, import_keras
from kbert.data.reading.examples import Examples
from kbert.data.reading.labels import Labels
from kbert.data.reading.reading_options import ReadingOptions
from kbert.errors import InputError
from kbert.interop.google import GOOGLE_CONFIG
from kbert.interop.kbert_model import FORMAT, model_settings
from kbert.results.evaluation import Evaluation
from kbert.results.prediction import Prediction
from kbert.runs.run_directory import RunDirectory
from kbert.serving.export_settings import ExportSettings, is_export
from kbert.serving.predictor import Predictor
from kbert.utils.files import write_text
from kbert.utils.untrusted import read_json


def evaluate_run(
    run: Path,
    data: str,
    reading: ReadingOptions,
    *,
    batch_size: int,
    as_json: bool,
    backend: str | None,
) -> None:
    """Print a model's scores on a labelled file.

    Args:
        run: what `Predictor.load` takes.
        data: the labelled file.
        reading: how it is read.
        batch_size: int. Rows a batch.
        as_json: bool. Print JSON instead of a table.
        backend: the backend's name, or None.
    """
    check_batch_size(batch_size)
    labels, text_pairs = _model_facts(run)
    examples = reading.read(data, labels=labels)
    _check_pairs(examples, text_pairs)
    print(examples, file=sys.stderr)
    _show_skipped(examples)
    if is_export(run):
        scores = _evaluate_export(run, examples, batch_size)
    else:
        choose_backend(backend)
        import_keras()
        from kbert.callbacks.epoch_evaluation import evaluate_batches
        from kbert.serving.load_classifier import load_classifier

        model = load_classifier(run)
        if labels is None:
            examples = reading.read(data, labels=model.labels)
        scores = evaluate_batches(model, model.batches(examples, batch_size=batch_size))
    print(json.dumps(scores.to_dict(), indent=2) if as_json else scores)


def _evaluate_export(run: Path, examples: Examples, batch_size: int) -> Evaluation:
    assert examples.label_ids is not None
    predictor = Predictor.load(run)
    shares = predictor.predict_proba(examples.texts, examples.pairs, batch_size)
    logits = np.log(np.maximum(shares, np.finfo(np.float32).tiny))
    return Evaluation.from_logits(logits, examples.label_ids, predictor.labels)


def predict_run(
    run: Path,
    data: str,
    reading: ReadingOptions,
    *,
    output: Path | None,
    output_format: str,
    batch_size: int,
    backend: str | None,
) -> None:
    """Write the label and the probabilities of each text, in their order.

    Args:
        run: what `Predictor.load` takes.
        data: the file of texts, or "-" for standard input.
        reading: how it is read.
        output: the file to write, or None for standard output.
        output_format: "csv", "jsonl", or "" for what the output's suffix says, else csv.
        batch_size: int. Rows a batch.
        backend: the backend's name, or None.
    """
    check_batch_size(batch_size)
    output_format = _output_format(output, output_format)
    _, text_pairs = _model_facts(run)
    source = sys.stdin.buffer if data == "-" else data
    if data == "-" and sys.stdin.isatty():
        print("Reading one text a line from the terminal; end with Ctrl-D.", file=sys.stderr)
    examples = reading.read(source, need_label=False)
    if not text_pairs and reading.pair is None:
        examples = replace(examples, pairs=None)
    _check_pairs(examples, text_pairs)
    _show_skipped(examples)
    predictor = Predictor.load(run, backend=backend)
    predictions = predictor.predict(examples.texts, examples.pairs, batch_size)
    lines = _csv_lines if output_format == "csv" else _json_lines
    if output is None:
        _stdout_utf8().writelines(lines(examples, predictions))
        sys.stdout.flush()
    else:
        write_text(output, "".join(lines(examples, predictions)))


def check_batch_size(batch_size: int) -> None:
    """Raise KbertError when a batch size is below 1."""
    if batch_size < 1:
        raise InputError(
            "--batch-size must be 1 or more. Received: {batch_size}", batch_size=batch_size
        )


def _model_facts(run: Path) -> tuple[Labels | None, bool | None]:
    """Return a model's labels and whether it takes pairs, as far as files tell without Keras."""
    if is_export(run):
        settings = ExportSettings.read(run)
        return Labels(settings.labels), settings.text_pairs
    folder = run / "model" if (run / "model").is_dir() else run
    config = folder / "config.json"
    if config.is_file() and read_json(config).get("format") == FORMAT:
        labels = Labels(tuple(model_settings(folder)["labels"]))
        return labels, RunDirectory(run).record.get("text_pairs")
    if run.suffix == ".keras" or (run / GOOGLE_CONFIG).exists() or config.exists():
        return None, None  # what it says is read with its weights
    info = RunDirectory(run).record
    why = f"its status is {info['status']!r}" if info else "it is no run directory"
    if not run.exists():
        why = "it does not exist"
    raise InputError(
        "{run} holds no trained model: {why}. Name a run that has finished.", run=run, why=why
    )


def _check_pairs(examples: Examples, text_pairs: bool | None) -> None:
    if text_pairs is not None and text_pairs != (examples.pairs is not None):
        expected, received = ("pairs of texts", "single texts")
        if not text_pairs:
            expected, received = received, expected
        raise InputError(
            "The model was trained on {expected}, and {source} gives {received}. Name the "
            "columns: --text NAME{value}",
            expected=expected,
            source=examples.source,
            received=received,
            value=" --pair NAME" if text_pairs else "",
        )


def _output_format(output: Path | None, output_format: str) -> str:
    """Return csv or jsonl, after checking that nothing would be overwritten."""
    if output is not None and output.exists():
        raise InputError(
            "{output} exists, and kbert overwrites none. Name another: --output FILE", output=output
        )
    suffix = output.suffix.lower() if output is not None else ".csv"
    suffixes = {"": "csv", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
    chosen = output_format or suffixes.get(suffix)
    if chosen is None:
        raise InputError(
            "The suffix of {output} tells neither csv nor jsonl. Name one: --to csv", output=output
        )
    if chosen not in ("csv", "jsonl"):
        raise InputError(
            "--to must be csv or jsonl. Received: {output_format!r}", output_format=output_format
        )
    return chosen


def _show_skipped(examples: Examples, most: int = 20) -> None:
    for row in examples.skipped[:most]:
        print(f"skipped: {row}", file=sys.stderr)
    if len(examples.skipped) > most:
        print(f"skipped: {len(examples.skipped) - most:,} more rows", file=sys.stderr)


def _numbered(examples: Examples, predictions: list[Prediction]) -> Iterator[Any]:
    rows = range(1, len(examples) + 1) if examples.rows is None else map(int, examples.rows)
    return zip(rows, examples.texts, predictions, strict=True)


def _csv_lines(examples: Examples, predictions: list[Prediction]) -> Iterator[str]:
    names = list(predictions[0].probabilities) if predictions else []
    yield _csv_row(["row", "text", "label", "probability", *(f"p({name})" for name in names)])
    for row, text, prediction in _numbered(examples, predictions):
        numbers = [f"{p:.6g}" for p in prediction.probabilities.values()]
        cells = [str(row), text, prediction.label, f"{prediction.probability:.6g}", *numbers]
        yield _csv_row(cells)


def _csv_row(cells: list[str]) -> str:
    row = io.StringIO()
    csv.writer(row, lineterminator="\n").writerow(cells)
    return row.getvalue()


def _json_lines(examples: Examples, predictions: list[Prediction]) -> Iterator[str]:
    for row, text, prediction in _numbered(examples, predictions):
        record = {
            "row": row,
            "text": text,
            "label": prediction.label,
            "probability": prediction.probability,
            "probabilities": dict(prediction.probabilities),
        }
        yield json.dumps(record, ensure_ascii=False) + "\n"


def _stdout_utf8() -> TextIO:
    """Return standard output, which takes any text whatever the locale."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="surrogatepass", newline="\n")
    return sys.stdout
