"""What kbert finds before and during a run: a code, a severity, a sentence and a cure."""

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from kbert.choices import Severity
from kbert.errors import KbertError

# Every code and the trap behind it, in a few words; docs/findings.md tells the stories.
CODES = {
    # the plan
    "rate-zero": "part of the run has learning rate 0",
    "rate-tiny": "part of the run has a learning rate below 1 % of the peak",
    "plan-ended": "the optimizer has already made the plan's last update",
    "epochs-differ": "fit makes another number of epochs than the plan",
    "steps-differ": "fit makes another number of batches an epoch than the plan",
    "schedule-differs": "the optimizer's learning rates are not the plan's",
    "epochs-skipped": "fit starts later than the optimizer has trained",
    "decay-unfinished": "training ends long before the decay does",
    "warmup-too-long": "warmup takes too much of the run",
    "no-warmup": "a small set is trained without warmup",
    "micro-steps": "the schedule counts batches where the optimizer counts updates",
    "too-few-updates": "hardly anything can be learned",
    "batch-exceeds-data": "one batch holds more than all rows",
    "last-batch-dropped": "rows are left out of every epoch",
    "unusual-rate": "the peak is far from what fine-tunes a BERT",
    "plan-behind": "the changed plan ends before the point that was reached",
    # a resumed run
    "run-differs": "the checkpoint is of another run",
    "labels-differ": "the checkpoint is of a model with other labels",
    "preset-differs": "the checkpoint is of another preset",
    "tokenizer-differs": "the checkpoint is of a model with another tokenizer",
    "data-differs": "the data have changed since the run was started",
    "order-differs": "the data come in another order than before",
    "optimizer-differs": "the checkpoint is of another optimizer",
    # training
    "weights-unchanged": "updates change no weight",
    "update-ratio": "updates are too large or too small for the weights",
    "loss-not-finite": "the loss is NaN or infinite",
    "one-class-predicted": "the model says the same class for everything",
    "single-class-batches": "batches hold a single class",
    # the data
    "bad-rows": "rows that cannot be used",
    "imbalance": "one class holds nearly all rows",
    "rare-class": "a class has too few rows to learn or to measure",
    "texts-cut": "texts are longer than the model reads",
    "unknown-tokens": "the vocabulary does not know the words",
    "wrong-casing": "the vocabulary's casing is not the text's",
    "duplicates": "texts that occur more than once",
    "conflicting-labels": "the same text with different labels",
    "dev-overlap": "rows of the training set that stand in another set too",
    "dev-small": "the development set is too small to measure by",
    "class-sorted": "the rows are sorted by class",
    "class-clustered": "rows of a class stand together",
    "tail-split": "the last rows lack classes",
    "label-variants": "labels that differ only in case or blanks",
    "small-shuffle-buffer": "a shuffle buffer that does not mix the classes",
}

_WIDTH = 100
_ORDER: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True)
class Finding:
    """Something about a run that its user should know before it is too late.

    Args:
        code: str. One of `kbert.findings.CODES`; docs/findings.md tells the story of each.
        severity: "error" (the run is refused), "warning" or "info".
        message: str. One sentence with the numbers of this case.
        cure: str. What to type.

    Example:

    ```python
    finding = Finding("too-few-updates", "warning", "The run makes 6 updates.", "--epochs 20")
    assert str(finding) == "WARNING too-few-updates: The run makes 6 updates. Cure: --epochs 20"
    ```
    """

    code: str
    severity: Severity
    message: str
    cure: str

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"`code` must be one of {', '.join(CODES)}. Received: {self.code!r}")

    def __str__(self) -> str:
        """Return the finding as one line."""
        return f"{self.severity.upper()} {self.code}: {self.message} Cure: {self.cure}"

    def to_dict(self) -> dict[str, str]:
        """Return the finding as plain data."""
        return asdict(self)


class FindingsError(KbertError):
    """Findings that a run is refused for.

    Attributes:
        findings: tuple of Finding, the errors among them.
    """

    def __init__(
        self, findings: Sequence[Finding], how_to_force: Callable[[list[str]], str] | None = None
    ) -> None:
        self.findings = tuple(findings)
        message = " ".join(f"{finding.message} Cure: {finding.cure}." for finding in findings)
        if how_to_force is not None:
            codes = list(dict.fromkeys(finding.code for finding in findings))
            message += f" To go on nevertheless: {how_to_force(codes)}"
        super().__init__(message)


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, errors first."""
    return sorted(findings, key=lambda finding: _ORDER.index(finding.severity))


def findings_table(findings: Iterable[Finding], indent: str = "  ") -> str:
    """Return findings for a person: severity and code, below them the sentence and the cure.

    Args:
        findings: iterable of Finding.
        indent: str. Before every line. Defaults to two blanks.
    """
    lines = []
    for finding in findings:
        lines.append(f"{indent}{finding.severity.upper():<8} {finding.code}")
        for text in (finding.message, f"Cure: {finding.cure}"):
            deeper = indent + " " * 9
            lines += textwrap.wrap(
                text,
                _WIDTH,
                initial_indent=deeper,
                subsequent_indent=deeper,
                break_long_words=False,
                break_on_hyphens=False,  # a flag must stay whole
            )
    return "\n".join(lines)


def forgive(findings: Iterable[Finding], forced: Sequence[str]) -> list[Finding]:
    """Return the findings with the errors whose codes are forced as warnings."""
    return [
        replace(f, severity="warning") if f.code in forced and f.severity == "error" else f
        for f in findings
    ]


def refuse_errors(
    findings: Iterable[Finding], how_to_force: Callable[[list[str]], str] | None = None
) -> None:
    """Raise FindingsError when there is an error among the findings.

    Args:
        findings: iterable of Finding.
        how_to_force: function of the errors' codes that returns what to type to go on
            nevertheless, or None where nothing can.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise FindingsError(errors, how_to_force)


def check_codes(codes: Iterable[str]) -> None:
    """Raise KbertError for a code that does not exist."""
    for code in codes:
        if code not in CODES:
            raise KbertError(f"There is no finding {code!r}. Known: {', '.join(CODES)}")
