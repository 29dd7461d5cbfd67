"""What is wrong with the texts and labels that a `fit` is about to train on."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from kbert.data.batches import Batches
from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.data.inspection.set_findings import overlap_finding, small_dev_finding
from kbert.findings import Cure, Finding
from kbert.tokenizer.tokenizer import Tokenizer

_COUNT_ROWS = 2000  # enough to see whether texts are cut, as in `kbert train`
_APART = Cure(
    code="train, dev = examples.split(dev=0.1)",
    note="which keeps equal texts together",
    otherwise=(Cure(note="take these rows out of one of the two sets"),),
)
_MORE_ROWS = Cure(code="examples.split(dev=0.3)", otherwise=(Cure(note="evaluate on more rows"),))


@runtime_checkable
class EvaluatesSets(Protocol):
    """A callback that evaluates sets, the first of which chooses the best epoch."""

    def evaluated_sets(self) -> Mapping[str, Any]:
        """Return what is evaluated, by name."""


@runtime_checkable
class TakesFindings(Protocol):
    """A callback that reports what `BertClassifier.fit` finds in the data, or refuses it."""

    def set_findings(self, findings: Sequence[Finding]) -> None:
        """Take what was found in the data of the next `fit`."""


def sets_of(callbacks: Sequence[Any]) -> dict[str, Any]:
    """Return the sets that callbacks evaluate, by name."""
    sets: dict[str, Any] = {}
    for callback in callbacks:
        if isinstance(callback, EvaluatesSets):
            sets |= callback.evaluated_sets()
    return sets


def examples_findings(model: Any, data: Any, sets: Mapping[str, Any]) -> list[Finding]:
    """Return the errors and warnings that `kbert train` reports for the same examples.

    Only `Batches` that were made from examples are checked; for other data there are none.

    Args:
        model: keras.Model.
        data: what `fit` is given.
        sets: dict. What is evaluated, by name; the first chooses the best epoch.
    """
    if not isinstance(data, Batches) or not data.examples:
        return []
    training = data.examples
    tokenizer = getattr(model, "tokenizer", None)
    inspection = inspect_examples(
        training,
        tokenizer=tokenizer if isinstance(tokenizer, Tokenizer) else None,
        max_length=data.store.max_length,
        max_rows=_COUNT_ROWS,
        on_bad_row="skip",
        for_kbert=True,
    )
    findings: list[Finding | None] = list(inspection.findings)
    others = {
        name: batches.examples
        for name, batches in sets.items()
        if isinstance(batches, Batches) and batches.examples is not None
    }
    first = next(iter(sets), None)
    for name, examples in others.items():
        # The training set itself is evaluated on purpose, but must not choose the best epoch.
        if name == first or examples is not training:
            findings.append(overlap_finding(name, training, examples, _APART))
    if first in others:
        findings.append(
            small_dev_finding(len(others[first]), _MORE_ROWS, first, training.target.kind)
        )
    # Findings of severity "info" need no cure; `inspect_examples` reports them.
    return [finding for finding in findings if finding is not None and finding.severity != "info"]
