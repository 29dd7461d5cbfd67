"""The lines of an evaluation."""

from kbert.findings import worded
from kbert.results.evaluation_record import EvaluationRecord
from kbert.utils.say import say


def say_scores(record: EvaluationRecord, *, is_best: bool) -> None:
    """Say the scores of an evaluation, a line for each set.

    Args:
        record: EvaluationRecord.
        is_best: bool. Whether it is the best so far.
    """
    mark = worded("  (best so far)") if is_best else ""
    for name, scores in record.scores.items():
        say(
            worded(
                "{when}: {name} {scores}{mark}",
                when=record.when,
                name=name,
                scores=scores.summary(),
                mark=mark,
            )
        )
