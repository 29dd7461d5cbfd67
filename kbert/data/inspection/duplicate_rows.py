"""The rows whose text occurs more than once, in one set or in several."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from kbert.data.inspection.duplicates import text_keys
from kbert.data.reading.examples import Examples
from kbert.utils.csv_text import csv_text
from kbert.utils.float_cells import float_cell


def duplicate_rows(sets: Mapping[str, Examples]) -> Iterator[dict[str, Any]]:
    """Yield the rows whose text, or pair, occurs more than once, grouped by equal text.

    Texts that differ only in letter case, blanks or Unicode form count as equal. A group is
    conflicting if its rows have different labels. The groups are in the order of their first rows.

    Args:
        sets: dict of Examples by name, all read with the same labels.

    Example:

    ```python
    from kbert import read_examples

    rows = list(duplicate_rows({"train": read_examples((["a", "b", "A"], ["x", "y", "y"]))}))
    assert [(row["row"], row["group"], row["conflicting"]) for row in rows] == [
        (1, 1, "yes"),
        (3, 1, "yes"),
    ]
    ```
    """
    keys = np.concatenate([text_keys(examples) for examples in sets.values()])
    starts = np.cumsum([0, *map(len, sets.values())])
    order = np.argsort(keys, kind="stable")
    edges = np.flatnonzero(np.diff(keys[order])) + 1
    groups = (group for group in np.split(order, edges) if len(group) > 1)
    names, every = list(sets), list(sets.values())
    for number, group in enumerate(sorted(groups, key=lambda group: group[0]), start=1):
        of_sets = np.searchsorted(starts, group, side="right") - 1
        rows = [
            (names[n], every[n], int(at - starts[n])) for n, at in zip(of_sets, group, strict=True)
        ]
        labels = [label_cell(examples, at) for _, examples, at in rows]
        conflicting = "yes" if len(set(labels)) > 1 else "no"
        for label, (name, examples, at) in zip(labels, rows, strict=True):
            place = {"set": name} if len(sets) > 1 else {}
            yield {
                **{"group": number, "conflicting": conflicting, **place},
                **_place(examples, at),
                **({} if examples.y is None else {"label": label}),
                "text": examples.texts[at],
                **({} if examples.pairs is None else {"pair": examples.pairs[at]}),
            }


def duplicates_table(sets: Mapping[str, Examples]) -> tuple[str, int]:
    """Return the rows of `duplicate_rows` as the text of a CSV file, and how many there are."""
    rows = list(duplicate_rows(sets))
    columns = list(dict.fromkeys(name for row in rows for name in row)) or ["group"]
    cells = ([row.get(name, "") for name in columns] for row in rows)
    return csv_text([columns, *cells]), len(rows)


def label_cell(examples: Examples, at: int) -> str:
    """Return the label of a row as the text of a cell, several labels separated by semicolons."""
    if examples.y is None or examples.labels is None:
        return ""
    names, label = examples.labels.names, examples.y[at]
    if examples.target.takes_names:
        return names[int(label)]
    if examples.target.names_labels:
        return ";".join(name for name, has in zip(names, label, strict=True) if has)
    if len(names) == 1:
        return float_cell(label[0])
    return ";".join(f"{name}={float_cell(n)}" for name, n in zip(names, label, strict=True))


def _place(examples: Examples, at: int) -> dict[str, Any]:
    number = examples.number(at)
    name, row = examples.file_and_row(number)
    return {"file": name, "row": row} if examples.files else {"row": number}
