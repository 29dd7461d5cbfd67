"""The rows that a model gets most wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from kbert.analysis.nearest_rows import NearRow
from kbert.analysis.told import told, told_label
from kbert.display import column, in_one_line
from kbert.findings import worded
from kbert.results.confusion import Confusion, confusions
from kbert.results.doubtful_labels import doubtful_labels
from kbert.results.prediction_table import PredictionTable
from kbert.targets.target import Target

_LINE = 110  # cells of a terminal
_LABEL = 24
_MANY = 0.2  # of the rows


@dataclass(frozen=True)
class FoundErrors:
    """The rows of a set that a model gets most wrong, as `find_errors` finds them.

    Printed, it shows the first rows of each list; `records` has every row.

    Args:
        source: str. What the rows are, and which model predicted them.
        table: PredictionTable. What the model predicts for them.
        target: Target. What a label is.
        texts: sequence of str, or None where they cannot be read again.
        pairs: sequence of str, or None.
        shown: int. How many rows of a list are printed. Defaults to 10.
        near: dict of the nearest training rows by position in the table. Defaults to {}.
        notes: tuple of str. What a reader has to know about it. Defaults to ().
        suspects_note: str or None. Why `suspects` cannot be relied on. Defaults to None.
    """

    source: str
    table: PredictionTable
    target: Target
    texts: Sequence[str] | None
    pairs: Sequence[str] | None
    shown: int = 10
    near: Mapping[int, tuple[NearRow, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    suspects_note: str | None = None

    @cached_property
    def losses(self) -> np.ndarray:
        """The loss of each row: what its label adds to the training loss."""
        losses = self.target.row_losses(self.table.outputs, self.table.true)
        return np.maximum(losses, 0.0) + 0.0  # of a probability of 1 or a rounding more: not -0.0

    @cached_property
    def order(self) -> np.ndarray:
        """The positions of all rows, the greatest loss first."""
        return np.argsort(-self.losses, kind="stable")

    @cached_property
    def suspects(self) -> np.ndarray | None:
        """The positions of rows whose label is probably wrong, the most doubtful first.

        None where a label is a number or a probability, which is not right or wrong.
        """
        return doubtful_labels(self.table) if self.target.names_labels else None

    @cached_property
    def confusions(self) -> tuple[Confusion, ...]:
        """Which classes are predicted as which; () where rows are not of one class each."""
        return confusions(self.table) if self.table.is_of_classes else ()

    @property
    def first(self) -> np.ndarray:
        """The positions of the rows that are printed."""
        lists = [self.order, *([] if self.suspects is None else [self.suspects])]
        return np.unique(np.concatenate([positions[: self.shown] for positions in lists]))

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield every row as plain data, the greatest loss first."""
        suspects: list[int] = [] if self.suspects is None else self.suspects.tolist()
        ranks = {at: rank for rank, at in enumerate(suspects, start=1)}
        for at in self.order.tolist():
            yield self._record(at, ranks.get(at))

    def to_dict(self) -> dict[str, Any]:
        """Return what is printed as plain data."""
        records = list(self.records())
        suspects = sorted((one for one in records if one["suspect"]), key=_rank)
        return {
            "source": self.source,
            "rows": len(self.table),
            "loss": float(np.average(self.losses, weights=self.table.weights)),
            "greatest_losses": records[: self.shown],
            "confusions": [vars(one) for one in self.confusions[: self.shown]],
            "suspects": None if self.suspects is None else len(self.suspects),
            "first_suspects": suspects[: self.shown],
            "suspects_note": self.suspects_note,
            "notes": list(self.notes),
        }

    def _record(self, at: int, rank: int | None) -> dict[str, Any]:
        table, names = self.table, self.table.names
        shares = dict(zip(names, map(float, table.outputs[at]), strict=True))
        record: dict[str, Any] = {name: cells[at] for name, cells in table.places.items()}
        record |= {
            "loss": float(self.losses[at]),
            "suspect": rank,
            "label": self._label(at),
            "predicted": self._predicted(at),
            "outputs": shares,
        }
        if not table.is_of_classes:
            record["true"] = dict(zip(names, map(float, table.true[at]), strict=True))
        if self.texts is not None:
            record["text"] = self.texts[at]
        if self.pairs is not None:
            record["pair"] = self.pairs[at]
        if at in self.near:
            record["nearest"] = [
                {name: value for name, value in vars(one).items() if value is not None}
                for one in self.near[at]
            ]
        return record

    def _label(self, at: int) -> str:
        return told_label(self.target, self.table.true[at], self.table.names)

    def _predicted(self, at: int) -> str:
        return told(self.target.prediction(self.table.outputs[at], self.table.names))

    def _place(self, at: int) -> str:
        places = self.table.places
        if "file" in places:
            return f"{places['file'][at]} {places['row_in_file'][at]}"
        return str(places["row"][at])

    def __str__(self) -> str:
        lines = [self.source, *self.notes]
        if self.confusions:
            lines += [
                "",
                worded("Most frequent confusions (label, predicted, rows, share of the label):"),
            ]
            lines += self._confusion_lines()
        if self.suspects is not None:
            count = worded(
                "{suspects:,} of {table:,} rows", suspects=len(self.suspects), table=len(self.table)
            )
            lines += ["", worded("Labels that are probably wrong ({count}):", count=count)]
            if self.suspects_note is not None:
                lines.append(f"  {self.suspects_note}")
            elif len(self.suspects) > _MANY * len(self.table):
                lines.append(worded("  This many say more about the model than about the labels."))
            lines += self._row_lines(self.suspects[: self.shown])
        lines += ["", worded("Greatest losses:"), *self._row_lines(self.order[: self.shown])]
        return "\n".join(lines)

    def _confusion_lines(self) -> list[str]:
        found = self.confusions[: self.shown]
        labels = column([one.label for one in found], _LABEL)
        predicted = column([one.predicted for one in found], _LABEL)
        return [
            f"  {label}  {told}  {one.rows:>6,}  {one.share:>6.1%}"
            for label, told, one in zip(labels, predicted, found, strict=True)
        ]

    def _row_lines(self, positions: np.ndarray) -> list[str]:
        found = positions.tolist()
        if not found:
            return [worded("  none")]
        columns = [
            column([worded("row"), *map(self._place, found)], _LABEL),
            column([worded("label"), *map(self._label, found)], _LABEL),
            column([worded("predicted"), *map(self._predicted, found)], _LABEL),
            column([worded("loss"), *(f"{self.losses[at]:.4f}" for at in found)], _LABEL),
        ]
        heads, *starts = ("  " + "  ".join(cells) for cells in zip(*columns, strict=True))
        lines = [(heads + (f"  {worded('text')}" if self.texts is not None else "")).rstrip()]
        for at, start in zip(found, starts, strict=True):
            lines.append(f"{start}  {self._text(at)}".rstrip())
            lines += [f"      near: {_near(one)}" for one in self.near.get(at, ())]
        return lines

    def _text(self, at: int) -> str:
        if self.texts is None:
            return ""
        return _both(self.texts[at], None if self.pairs is None else self.pairs[at])


def _rank(record: dict[str, Any]) -> int:
    return int(record["suspect"])


def _near(one: NearRow) -> str:
    row = worded("row {number}", number=one.row)
    return f"{one.similarity:.3f}  {row}  {one.label}  {_both(one.text, one.pair)}"


def _both(text: str, pair: str | None) -> str:
    if pair is None:
        return in_one_line(text, _LINE)
    return f"{in_one_line(text, _LINE // 2)} ¶ {in_one_line(pair, _LINE // 2)}"
