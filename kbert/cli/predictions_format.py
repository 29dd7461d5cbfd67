"""Predictions as CSV or JSON Lines."""

import csv
import io
import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from kbert.serving.prediction_cells import cells, header, record
from kbert.data.reading.examples import Examples
from kbert.errors import InputError
from kbert.exports.output import check_output
from kbert.findings import Cure, Option
from kbert.results.any_prediction import AnyPrediction
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
    examples: Examples, predictions: list[AnyPrediction], output_format: str
) -> Iterator[str]:
    """Yield the lines of a file with the label and the probabilities of each text."""
    lines = _csv_lines if output_format == "csv" else _json_lines
    return lines(examples, predictions)


def _csv_lines(examples: Examples, predictions: list[AnyPrediction]) -> Iterator[str]:
    place = ["file", "row"] if examples.files else ["row"]
    yield _csv_row([*place, "text", *header(predictions[0] if predictions else None)])
    for place, text, prediction in _placed(examples, predictions):
        yield _csv_row([*map(str, place.values()), text, *cells(prediction)])


def _csv_row(cells: list[str]) -> str:
    row = io.StringIO()
    csv.writer(row, lineterminator="\n").writerow(cells)
    return HALF_CHARACTER.sub("\ufffd", row.getvalue())  # which no file can store


def _json_lines(examples: Examples, predictions: list[AnyPrediction]) -> Iterator[str]:
    for place, text, prediction in _placed(examples, predictions):
        line = json.dumps({**place, "text": text, **record(prediction)}, ensure_ascii=False) + "\n"
        yield line.encode("utf-8", "backslashreplace").decode()  # half a character, as JSON has it


def _placed(examples: Examples, predictions: list[AnyPrediction]) -> Iterator[Any]:
    """Yield where each text is, the text, and its prediction."""
    places = map(partial(_place, examples), range(len(examples)))
    return zip(places, examples.texts, predictions, strict=True)


def _place(examples: Examples, at: int) -> dict[str, Any]:
    name, row = examples.file_and_row(examples.number(at))
    return {"file": name, "row": row} if examples.files else {"row": row}


def use_utf8() -> None:
    """Let standard output take any text, in whatever locale."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="surrogatepass", newline="\n")
