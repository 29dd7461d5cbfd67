"""Predictions as CSV or JSON Lines."""

import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kbert.data.reading.examples import Examples
from kbert.errors import InputError
from kbert.exports.output import check_output
from kbert.findings import Cure, Option
from kbert.results.prediction import Prediction
from kbert.utils.label_names import HALF_CHARACTER

_SUFFIXES = {"": "csv", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


def choose_format(output: Path | None, asked: str | None) -> str:
    """Return csv or jsonl, after checking that nothing would be overwritten."""
    if output is not None:
        check_output(output)
    suffix = output.suffix.lower() if output is not None else ".csv"
    chosen = asked or _SUFFIXES.get(suffix)
    if chosen is None:
        raise InputError(
            "The suffix of {output} identifies neither csv nor jsonl.",
            output=output,
            cure=Cure({"to": "csv"}),
        )
    if chosen not in ("csv", "jsonl"):
        raise InputError(
            "{option} must be csv or jsonl. Received: {asked!r}", option=Option("to"), asked=asked
        )
    return chosen


def prediction_lines(
    examples: Examples, predictions: list[Prediction], output_format: str
) -> Iterator[str]:
    """Yield the lines of a file with the label and the probabilities of each text."""
    lines = _csv_lines if output_format == "csv" else _json_lines
    return lines(examples, predictions)


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
    return HALF_CHARACTER.sub("\ufffd", row.getvalue())  # which no file can store


def _json_lines(examples: Examples, predictions: list[Prediction]) -> Iterator[str]:
    for row, text, prediction in _numbered(examples, predictions):
        record = {
            "row": row,
            "text": text,
            "label": prediction.label,
            "probability": prediction.probability,
            "probabilities": dict(prediction.probabilities),
        }
        line = json.dumps(record, ensure_ascii=False) + "\n"
        yield line.encode("utf-8", "backslashreplace").decode()  # half a character, as JSON has it


def _numbered(examples: Examples, predictions: list[Prediction]) -> Iterator[Any]:
    rows = range(1, len(examples) + 1) if examples.rows is None else map(int, examples.rows)
    return zip(rows, examples.texts, predictions, strict=True)


def use_utf8() -> None:
    """Let standard output take any text, in whatever locale."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="surrogatepass", newline="\n")
