from types import SimpleNamespace

import pytest

from kbert.callbacks.saved_evaluations import SavedEvaluations
from kbert.checkpoints.position import Position
from kbert.data.segment import Segment
from kbert.errors import InputError
from kbert.results.evaluation import Evaluation
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]  # EpochEvaluation is a callback

INSIDE = Position(0, (Segment(8, 5),), 40, 5)
END = Position(1, (), 80, 10)


def record(position, correct):
    """The record of an evaluation of ten rows."""
    logits = [[2.0, 0.0] if row < correct else [0.0, 2.0] for row in range(10)]
    scores = Evaluation.from_logits(logits, [0] * 10, ["bad", "good"])
    epoch, batch = (1, position.batch) if position.segments else (position.epoch, None)
    return EvaluationRecord(epoch, position.batches_done, {"dev": scores}, batch)


@pytest.fixture
def saved():
    """A function of how many rows each evaluation got right, in the order of their positions."""

    def make(*correct, patience=None):
        history = EvaluationHistory("accuracy", patience)
        for position, rights in zip((INSIDE, END), correct, strict=False):
            history.add(record(position, rights))
        evaluation = SimpleNamespace(history=history, restore_best=True)
        return SavedEvaluations(evaluation)

    return make


def test_without_an_evaluation_there_is_nothing_to_hold():
    none = SavedEvaluations(None)
    assert none.history_at(END) is None
    assert not none.keeps(END)
    assert none.weights_to_hold(None) is None
    none.check_order(END)


def test_the_best_so_far_is_kept(saved):
    assert saved(5).keeps(INSIDE)
    assert not saved(5).keeps(END)  # that position was not evaluated
    assert saved(5, 7).keeps(END)
    assert not saved(5, 4).keeps(END)


def test_the_evaluation_that_ends_the_run_is_kept(saved):
    assert saved(5, 4, patience=1).keeps(END)


def test_an_evaluation_to_be_repeated_is_not_in_the_history(saved):
    history = saved(5, 7).history_at(Position(1, (), 80, 10, evaluated=False))
    assert [one.position for one in history.records] == [INSIDE.name]
    assert len(saved(5, 7).history_at(END).records) == 2


def test_an_evaluation_after_the_checkpoint_is_refused(saved):
    saved(5, 7).check_order(END)
    with pytest.raises(InputError, match="EpochEvaluation must come before RunCheckpoint"):
        saved(5).check_order(END)
