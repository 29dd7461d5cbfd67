"""The hooks that a run attaches to its checkpoints, and when each is called."""

import threading

import keras
import numpy as np
import pytest

from kbert import EpochEvaluation, RunCheckpoint, TrainingPlan, create_optimizer
from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.checkpoint_hooks import CheckpointHooks
from kbert.models.variables import to_arrays

pytestmark = pytest.mark.keras

PLAN = TrainingPlan(12, batch_size=4, epochs=4, learning_rate=1e-2)
X = np.random.default_rng(0).normal(size=(12, 2)).astype("float32")
Y = (X.sum(axis=1) > 0).astype("int32")


def fit(folder, hooks, epochs, *more, resume=False):
    """Fit a small model, with these hooks for the checkpoints in a folder."""
    keras.utils.set_random_seed(7)
    layer = keras.layers.Dense(2, name="line")
    model = keras.Sequential([keras.Input((2,)), layer], name="plain")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(create_optimizer(PLAN), loss)
    evaluation = EpochEvaluation(dev=(X, Y), verbose=0)
    checkpoint = RunCheckpoint(folder, PLAN, evaluation=evaluation, resume=resume)
    checkpoint.hooks = hooks(model, checkpoint)
    callbacks = [*more, evaluation, checkpoint]
    model.fit(X, Y, batch_size=4, epochs=epochs, verbose=0, callbacks=callbacks)
    return checkpoint


class Notes:
    """Hooks that record their names and what they see, in the order of their calls."""

    def __init__(self, model, checkpoint):
        self.model, self.store = model, checkpoint.store
        self.seen = []

    def note(self, name):
        last = self.store.last()
        on_main = threading.current_thread() is threading.main_thread()
        self.seen.append((name, last and last.name[7:], len(self.store.committed()), on_main))

    def hooks(self):
        return CheckpointHooks(
            begin=lambda: self.note("begin"),
            flush=lambda: self.note("flush"),
            keep_best=self.keep_best,
            findings=lambda: [{"code": "imbalance", "saves": len(self.seen)}],
        )

    def keep_best(self, arrays):
        self.note("keep_best")
        self.best = {name: array.copy() for name, array in arrays.items()}


def noted(folder, epochs, *more):
    made = []

    def hooks(model, checkpoint):
        made.append(Notes(model, checkpoint))
        return made[0].hooks()

    checkpoint = fit(folder, hooks, epochs, *more)
    return made[0], checkpoint


def test_hooks_begin_then_flush_before_and_keep_after_each_commit(tmp_path):
    notes, checkpoint = noted(tmp_path, 1)
    assert notes.seen == [
        ("begin", None, 0, True),
        ("flush", None, 0, False),
        ("keep_best", "epoch-1-batch-0", 1, False),
    ]
    best = read_checkpoint(checkpoint.store.best())
    assert best.findings == [{"code": "imbalance", "saves": 1}]
    assert sorted(notes.best) == sorted(to_arrays(notes.model.weights))
    for name, array in best.arrays["model"].items():
        np.testing.assert_array_equal(notes.best[name], array)


def test_a_checkpoint_that_is_not_better_is_not_kept(tmp_path):
    class Spoil(keras.callbacks.Callback):
        """Makes the model predict the wrong class after the first epoch."""

        def on_epoch_end(self, epoch, logs=None):
            if epoch:
                self.model.layers[-1].kernel.assign(np.float32([[9, -9], [9, -9]]))

    notes, _ = noted(tmp_path, 2, Spoil())
    assert [name for name, *_ in notes.seen] == ["begin", "flush", "keep_best", "flush"]


def test_a_resumed_run_begins_once_last_points_to_its_checkpoint(tmp_path):
    _, first = noted(tmp_path, 2)
    before, *_ = first.store.committed()
    files = set(tmp_path.rglob("*"))
    seen = []

    def hooks(model, checkpoint):
        checkpoint.start = read_checkpoint(before)

        def begin():
            iterations = int(model.optimizer.iterations)
            seen.append((iterations, checkpoint.store.last(), set(tmp_path.rglob("*")) == files))

        return CheckpointHooks(begin=begin)

    fit(tmp_path, hooks, 2, resume=True)
    assert seen == [(3, before, True)]


def test_begin_is_not_called_for_a_refused_run(tmp_path):
    noted(tmp_path, 1)
    seen = []
    with pytest.raises(ValueError, match="already holds checkpoints"):
        fit(tmp_path, lambda *arguments: CheckpointHooks(begin=lambda: seen.append(1)), 1)
    assert seen == []


def test_a_run_without_hooks_records_no_findings(tmp_path):
    checkpoint = fit(tmp_path, lambda *arguments: CheckpointHooks(), 1)
    assert read_checkpoint(checkpoint.store.last()).findings == []
