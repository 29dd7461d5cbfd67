"""The facts about a data set, and the findings that follow from them."""

from dataclasses import dataclass, field
from typing import Any

from kbert.choices import TargetKind
from kbert.data.inspection.class_order import ClassOrder
from kbert.data.inspection.duplicates import Duplicates
from kbert.data.inspection.text_lengths import TextLengths
from kbert.display import padded
from kbert.findings import Finding, Joined, Message, Text, findings_table, worded
from kbert.utils.wording import count_list, count_noun

_SCRIPTS = {"CJK": Message("CJK (Chinese characters)")}


@dataclass(frozen=True)
class Inspection:
    """The facts about a data set, and the findings that follow from them.

    Args:
        source: str. Where the rows came from.
        rows: int.
        skipped: int. Rows that cannot be used.
        classes: number of rows of each class or label, by name, the largest first; {} for numbers.
        scripts: share of each writing system among the letters, the largest first.
        duplicates: Duplicates, whose `conflict` is two row numbers, counted from 1.
        order: ClassOrder, or None without labels.
        lengths: TextLengths, or None without a tokenizer.
        overlaps: for each other set, its number of rows and how many of them also occur in this
            one.
        findings: list of Finding, errors first.
        target: str. What a label is, as in `read_examples`. Defaults to "single".
        same_for_all: str. How good the best constant prediction is. Defaults to "": there are no
            labels.
    """

    source: Text
    rows: int
    skipped: int
    classes: dict[str, int]
    scripts: dict[str, float]
    duplicates: Duplicates
    order: ClassOrder | None
    lengths: TextLengths | None
    overlaps: dict[str, tuple[int, int]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    target: TargetKind = "single"
    same_for_all: str = ""

    @property
    def majority(self) -> float | None:
        """The share of the rows that have the most frequent class or label."""
        return max(self.classes.values()) / self.rows if self.classes else None

    def __str__(self) -> str:
        bad = worded(", {number:,} bad", number=self.skipped) if self.skipped else ""
        lines = [
            worded("{source}: {rows:,} rows{bad}", source=self.source, rows=self.rows, bad=bad)
        ]
        shares = Joined(
            f"{_SCRIPTS.get(name, name)} {share:.0%}"
            for name, share in self.scripts.items()
            if share >= 0.005
        )
        lines.append(_line(worded("script"), shares or worded("no letters")))
        if self.classes:
            name = worded("labels") if self.target == "multi" else worded("classes")
            lines.append(_line(name, f"{len(self.classes):,}: {count_list(self.classes)}"))
        if self.same_for_all:
            name = worded("majority") if self.classes else worded("mean")
            lines.append(_line(name, self.same_for_all))
        if self.order is not None:
            runs = worded(
                "{runs:,} runs of one class; a random order has {expected:,.0f} (z = {z:.1f})",
                runs=self.order.runs,
                expected=self.order.expected_runs,
                z=self.order.z,
            )
            lines.append(_line(worded("order"), runs))
        if self.lengths is not None:
            lines += _length_lines(self.lengths)
        repeated = worded(
            "{rows} with the text of an earlier row",
            rows=count_noun(self.duplicates.repeated, "row"),
        )
        lines.append(_line(worded("duplicates"), repeated))
        for name, (rows, shared) in self.overlaps.items():
            also = worded(
                "{shared:,} of its {rows:,} rows also occur in the training set",
                shared=shared,
                rows=rows,
            )
            lines.append(_line(name, also))
        lines.append(worded("findings:") if self.findings else worded("no findings"))
        if self.findings:
            lines.append(findings_table(self.findings))
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the facts and the findings as plain data."""
        lengths = self.lengths
        return {
            "source": str(self.source),
            "rows": self.rows,
            "skipped": self.skipped,
            "target": self.target,
            "classes": self.classes,
            "same_for_all": self.same_for_all,
            "majority": self.majority,
            "scripts": self.scripts,
            "duplicates": vars(self.duplicates),
            "order": None if self.order is None else vars(self.order),
            "tokens": None
            if lengths is None
            else {
                "sample": lengths.sample,
                "quantiles": dict(zip(("50", "90", "99", "100"), lengths.quantiles, strict=True)),
                "cut": {str(length): share for length, share in lengths.cut.items()},
                "unknown": lengths.unknown,
            },
            "overlaps": {
                name: {"rows": rows, "shared": shared}
                for name, (rows, shared) in self.overlaps.items()
            },
            "findings": [finding.to_dict() for finding in self.findings],
        }


def _line(name: str, text: object) -> str:
    return f"  {padded(name, 12)} {text}"


def _length_lines(lengths: TextLengths) -> list[str]:
    half, most, nearly, longest = lengths.quantiles
    cut = Joined(f"{n}: {share:.1%}" for n, share in lengths.cut.items())
    tokens = worded(
        "median {half}, 90% up to {most}, 99% up to {nearly}, at most {longest} "
        "({sample:,} rows counted)",
        half=half,
        most=most,
        nearly=nearly,
        longest=longest,
        sample=lengths.sample,
    )
    unknown = worded("{share:.2%} of the tokens", share=lengths.unknown)
    return [
        _line(worded("tokens"), tokens),
        _line(worded("cut at"), worded("{cut} of the rows", cut=cut)),
        _line("[UNK]", unknown),
    ]
