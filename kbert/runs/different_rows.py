"""Which rows two runs were not both evaluated on."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from kbert.data.reading.examples import Examples
from kbert.data.shards.stored_examples import StoredExamples
from kbert.errors import InputError, KbertError
from kbert.findings import Call, Cure, Option
from kbert.runs.evaluated_rows import is_cross_validation
from kbert.runs.report_of_run import run_history
from kbert.runs.run_config import run_config
from kbert.runs.run_directory import RunDirectory
from kbert.runs.run_predictions import evaluated_sets
from kbert.utils.wording import count_noun


def different_rows(
    first: RunDirectory, other: RunDirectory, runs: Sequence[RunDirectory]
) -> InputError:
    """Return the error that two runs were evaluated on different rows, stating which.

    Args:
        first: RunDirectory.
        other: RunDirectory.
        runs: sequence of RunDirectory. All runs that are to be compared.
    """
    same_file = run_config(first).data == run_config(other).data
    again = Cure(note="train both with the same dev file")
    if same_file:
        again = Cure(
            note="train both with the same dev file, or by {split_seed} with the same rows set "
            "aside",
            values={"split_seed": Option("split_seed", 0)},
        )
    cure = Cure(call=Call("compare", *runs, on="DATA"), otherwise=(again,))
    if is_cross_validation(first):
        return InputError(
            "{first} and {other} are cross-validations of different rows, so their scores cannot "
            "be compared.",
            first=first,
            other=other,
            cure=Cure(note="train both on the same file"),
        )
    ours, theirs = _rows(first), _rows(other)
    if ours is not None and theirs is not None:
        lacking = Counter(ours[1]) - Counter(theirs[1])
        if not lacking:  # then the other has rows that the first lacks
            first, other, ours, theirs = other, first, theirs, ours
            lacking = Counter(ours[1]) - Counter(theirs[1])
        if lacking:
            config = run_config(first)
            at = next(place for place, row in enumerate(ours[1]) if row in lacking)
            return InputError(
                "{first} and {other} were evaluated on different rows: {lacking} of the {rows:,} "
                "of {first} are not among the {count:,} of {other}, the first of them row {row:,} "
                "of {source}.",
                first=first,
                other=other,
                lacking=lacking.total(),
                rows=len(ours[1]),
                count=len(theirs[1]),
                row=ours[0].number(at),
                source=config.data if config.sets_rows_aside else ours[0].source,
                cure=cure,
            )
    return InputError(
        "{first} and {other} were evaluated on different rows, or on the same in another order: "
        "{rows} of {source}, and {other_rows} of {other_source}.",
        first=first,
        other=other,
        rows=count_noun(_recorded(first)["rows"], "row"),
        source=_recorded(first)["source"],
        other_rows=count_noun(_recorded(other)["rows"], "row"),
        other_source=_recorded(other)["source"],
        cure=cure,
    )


def evaluated_set(run: RunDirectory) -> str:
    """Return the name of the set by which a run was judged.

    Raises:
        InputError: it has no evaluation.
    """
    best = run_history(run).best
    if best is None:
        raise InputError(
            "{run} has no evaluation to compare.",
            run=run,
        )
    return next(iter(best.scores))


def _recorded(run: RunDirectory) -> dict[str, Any]:
    return dict(run.record["data"][evaluated_set(run)])


def _rows(run: RunDirectory) -> tuple[Examples, list[object]] | None:
    """Return the rows that a run was evaluated on, and the text and label of each; None if gone."""
    try:
        examples = evaluated_sets(run)[evaluated_set(run)]
    except (KbertError, OSError):
        return None
    if isinstance(examples, StoredExamples) or examples.y is None:
        return None
    pairs = examples.pairs or [""] * len(examples)
    names = () if examples.labels is None else examples.labels.names
    labels = (
        [names[number] for number in examples.label_ids]
        if examples.label_ids is not None
        else [tuple(row) for row in examples.y.tolist()]
    )
    return examples, list(zip(examples.texts, pairs, labels, strict=True))
