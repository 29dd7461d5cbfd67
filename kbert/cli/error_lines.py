"""Every row of a set with its loss, as CSV or JSON Lines."""

import json
from collections.abc import Iterator
from typing import Any

from kbert.analysis.found_errors import FoundErrors
from kbert.utils.csv_text import csv_line
from kbert.utils.float_cells import float_cell


def error_lines(found: FoundErrors, output_format: str) -> Iterator[str]:
    """Yield the lines of a file with every row, the greatest loss first.

    Args:
        found: FoundErrors.
        output_format: str. "csv" or "jsonl".
    """
    if output_format == "jsonl":
        for record in found.records():
            line = json.dumps(record, ensure_ascii=False) + "\n"
            # Half a surrogate pair becomes a JSON escape.
            yield line.encode("utf-8", "backslashreplace").decode()
        return
    word = "predicted" if found.table.are_numbers else "p"
    for number, record in enumerate(found.records()):
        row = _flat(record, word) | ({"nearest": _nearest(record)} if found.near else {})
        if number == 0:
            yield csv_line(row)
        yield csv_line(row.values())


def _flat(record: dict[str, Any], word: str) -> dict[str, Any]:
    """Return a record with a column for each label."""
    row: dict[str, Any] = {}
    for name, value in record.items():
        if name in ("outputs", "true"):
            of = word if name == "outputs" else name
            row |= {f"{of}({label})": float_cell(number) for label, number in value.items()}
        elif name == "loss":
            row[name] = float_cell(value)
        elif name != "nearest":
            row[name] = "" if value is None else value
    return row


def _nearest(record: dict[str, Any]) -> str:
    found = record.get("nearest", ())
    return "; ".join(f"{one['row']} {one['label']} {one['similarity']:.3f}" for one in found)
