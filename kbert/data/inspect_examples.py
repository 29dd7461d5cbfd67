"""What is in a labelled data set, and what will hurt."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from kbert.data.class_order import ClassOrder, class_order
from kbert.data.data_findings import data_findings
from kbert.data.duplicates import Duplicates, find_duplicates, overlap, text_keys
from kbert.data.examples import Examples
from kbert.data.text_lengths import MOST_ROWS, TextLengths, scripts, text_lengths
from kbert.data.tokenizer import Tokenizer
from kbert.findings import Finding, by_severity, findings_table
from kbert.wording import counted

_SCRIPTS = {"CJK": "CJK (Chinese characters)"}


@dataclass(frozen=True)
class Inspection:
    """The facts about a data set and the findings that follow from them.

    Args:
        source: str. Where the rows came from.
        rows: int.
        skipped: int. Rows that cannot be used.
        classes: rows of each class, by name, the largest first.
        scripts: shares of the writing systems among the letters, the greatest first.
        duplicates: Duplicates, whose `conflict` are two row numbers, counted from 1.
        order: ClassOrder, or None without labels.
        lengths: TextLengths, or None without a tokenizer.
        overlaps: for each other set, its rows and how many of them stand in this one.
        findings: list of Finding, errors first.
    """

    source: str
    rows: int
    skipped: int
    classes: dict[str, int]
    scripts: dict[str, float]
    duplicates: Duplicates
    order: ClassOrder | None
    lengths: TextLengths | None
    overlaps: dict[str, tuple[int, int]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def majority(self) -> float | None:
        """The accuracy of saying the largest class for every row."""
        return max(self.classes.values()) / self.rows if self.classes else None

    def __str__(self) -> str:
        """Return facts and findings as lines for a person."""
        lines = [
            f"{self.source}: {self.rows:,} rows" + (f", {self.skipped:,} bad" * bool(self.skipped))
        ]
        shares = ", ".join(
            f"{_SCRIPTS.get(name, name)} {share:.0%}"
            for name, share in self.scripts.items()
            if share >= 0.005
        )
        lines.append(f"  script       {shares or 'no letters'}")
        if self.classes:
            shown = ", ".join(f"{name} {rows:,}" for name, rows in list(self.classes.items())[:6])
            more = f", ... and {len(self.classes) - 6} more" if len(self.classes) > 6 else ""
            lines.append(f"  classes      {len(self.classes)}: {shown}{more}")
            lines.append(
                f"  majority     accuracy {self.majority:.4f} by always saying the largest"
            )
        if self.order is not None:
            o = self.order
            lines.append(
                f"  order        {o.runs:,} runs of one class; a random order has "
                f"{o.expected_runs:,.0f} (z = {o.z:.1f})"
            )
        if self.lengths is not None:
            lines += _length_lines(self.lengths)
        lines.append(
            f"  duplicates   {counted(self.duplicates.repeated, 'row')} with an earlier row's text"
        )
        for name, (rows, shared) in self.overlaps.items():
            lines.append(
                f"  {name:<12} {shared:,} of its {rows:,} rows stand in the training set too"
            )
        lines.append("findings:" if self.findings else "no findings")
        if self.findings:
            lines.append(findings_table(self.findings))
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return facts and findings as plain data."""
        lengths = self.lengths
        return {
            "source": self.source,
            "rows": self.rows,
            "skipped": self.skipped,
            "classes": self.classes,
            "majority": self.majority,
            "scripts": self.scripts,
            "duplicates": vars(self.duplicates),
            "order": None if self.order is None else vars(self.order),
            "tokens": None
            if lengths is None
            else {
                "sample": lengths.sample,
                "quantiles": dict(zip(("50", "90", "99", "100"), lengths.quantiles, strict=True)),
                "cut": {str(most): share for most, share in lengths.cut.items()},
                "unknown": lengths.unknown,
            },
            "overlaps": {
                name: {"rows": rows, "shared": shared}
                for name, (rows, shared) in self.overlaps.items()
            },
            "findings": [finding.to_dict() for finding in self.findings],
        }


def inspect_examples(
    examples: Examples,
    *,
    tokenizer: Tokenizer | None = None,
    max_length: int = 128,
    count_rows: int = MOST_ROWS,
    dev: Examples | None = None,
    test: Examples | None = None,
) -> Inspection:
    """Return what is in a data set, and what will hurt.

    Nothing is changed and no framework is imported. Tokens are counted in a sample of the rows
    where there are many; everything else in all rows.

    Args:
        examples: Examples, of the training set. Read with `on_bad_row="skip"`, it tells of its bad
            rows too.
        tokenizer: Tokenizer. Defaults to None: tokens are not counted.
        max_length: int. The most tokens that the model is to read. Defaults to 128.
        count_rows: int. The most rows whose tokens are counted. Defaults to 20,000.
        dev: Examples or None. A set whose rows should not stand in this one. Defaults to None.
        test: Examples or None. Another one. Defaults to None.

    Example:

    ```python
    from kbert import read_examples

    inspection = inspect_examples(read_examples((["a", "b", "a"], ["x", "y", "y"])))
    assert "conflicting-labels" in [finding.code for finding in inspection.findings]
    ```
    """
    keys = text_keys(examples)
    classes: dict[str, int] = {}
    if examples.labels is not None and examples.label_ids is not None:
        counts = np.bincount(examples.label_ids, minlength=len(examples.labels))
        largest = np.argsort(-counts, kind="stable")
        classes = {examples.labels.names[i]: int(counts[i]) for i in largest}
    inspection = Inspection(
        source=examples.source,
        rows=len(examples),
        skipped=len(examples.skipped),
        classes=classes,
        scripts=scripts(examples.texts),
        duplicates=_in_rows(find_duplicates(keys, examples.label_ids), examples),
        order=None if examples.label_ids is None else class_order(examples.label_ids),
        lengths=None if tokenizer is None else text_lengths(examples, tokenizer, count_rows),
        overlaps={
            name: (len(other), overlap(keys, text_keys(other)))
            for name, other in (("dev", dev), ("test", test))
            if other is not None
        },
    )
    findings = by_severity(data_findings(inspection, examples, tokenizer, max_length))
    return replace(inspection, findings=tuple(findings))


def _in_rows(duplicates: Duplicates, examples: Examples) -> Duplicates:
    """Return duplicates with the file's row numbers, from 1, in place of places."""
    if duplicates.conflict is None:
        return duplicates
    numbers = range(1, len(examples) + 1) if examples.rows is None else examples.rows
    first, second = duplicates.conflict
    return replace(duplicates, conflict=(int(numbers[first]), int(numbers[second])))


def _length_lines(lengths: TextLengths) -> list[str]:
    half, most, nearly, longest = lengths.quantiles
    cut = ", ".join(f"{n}: {share:.1%}" for n, share in lengths.cut.items())
    return [
        f"  tokens       {half} in the median, {most} at 90 %, {nearly} at 99 %, {longest} at most "
        f"({lengths.sample:,} rows counted)",
        f"  cut at       {cut} of the rows",
        f"  [UNK]        {lengths.unknown:.2%} of the tokens",
    ]
