"""A `fit` that resumes from a checkpoint, with the same plan or another."""

from dataclasses import asdict, replace
from pathlib import Path

import keras
import numpy as np
import pytest

from kbert import (
    Batches,
    BertClassifier,
    Examples,
    FindingsError,
    KbertError,
    Labels,
    Tokenizer,
    TokenStore,
    TrainingPlan,
    create_optimizer,
)
from kbert.checkpoints.checkpoint_files import Checkpoint
from kbert.checkpoints.position import Position
from kbert.checkpoints.resumed_fit import ResumedFit
from kbert.checkpoints.training_state import capture_state
from kbert.data.segment import Segment

pytestmark = pytest.mark.keras

PLAN = TrainingPlan(12, batch_size=4, epochs=3, learning_rate=1e-2)  # 3 batches per epoch
X = np.random.default_rng(0).normal(size=(12, 2)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def model_data(plan=PLAN):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="line")], name="plain")
    model.compile(create_optimizer(plan), loss="mse")
    model.layers[-1].kernel.assign([[0.5], [-0.25]])
    return model


def checkpoint_of(model, position, plan=PLAN, **identity):
    identity = {**({} if plan is None else {"plan": asdict(plan)}), **identity}
    state = capture_state(model, {}, metrics=bool(position.segments))
    return Checkpoint(Path("run/000001"), position, identity, state)


def saved(plan=PLAN, batches=3, **identity):
    """A checkpoint after the first epoch, which has this many batches."""
    model = model_data(plan)
    for start in range(0, plan.batch_size * batches, plan.batch_size):
        rows = slice(start, start + plan.batch_size)
        model.train_on_batch(X[rows], Y[rows])
    return checkpoint_of(model, Position(1, (), 12, batches), plan, **identity)


def state_of(model):
    return capture_state(model, {}, metrics=False)


def assert_equal(state, other, files=("model", "optimizer")):
    for file in files:
        assert sorted(state[file]) == sorted(other[file])
        for name, array in state[file].items():
            np.testing.assert_array_equal(array, other[file][name], err_msg=name)


class Resume(keras.callbacks.Callback):
    """Does what RunCheckpoint does with a resumed fit."""

    def __init__(self, checkpoint, plan=None, data=None):
        super().__init__()
        self.start, self.plan, self.data = checkpoint, plan, data

    def on_train_begin(self, logs=None):
        self.resumed = ResumedFit(self.model, self.start, self.data)
        self.resumed.restore(self.plan, {})

    def on_epoch_begin(self, epoch, logs=None):
        if self.resumed is not None:
            self.resumed.begin(epoch)
            self.resumed = None


def test_weights_and_optimizer_are_those_of_the_checkpoint():
    checkpoint, model = saved(), model_data()
    assert not model.optimizer.built
    ResumedFit(model, checkpoint, None).restore(PLAN, {"plan": asdict(PLAN)})
    assert_equal(state_of(model), checkpoint.arrays)
    assert int(model.optimizer.iterations) == 3


def test_fit_starts_at_the_epoch_of_the_checkpoint():
    callback = Resume(saved(), PLAN)
    history = model_data().fit(X, Y, 4, epochs=3, verbose=0, callbacks=[callback])
    assert history.epoch == [1, 2]
    assert int(callback.model.optimizer.iterations) == 9


def test_starting_at_another_epoch_is_refused():
    resumed = ResumedFit(model_data(), saved(), None)
    with pytest.raises(
        KbertError, match="begins with epoch 2, but the checkpoint continues with 1, counted"
    ):
        resumed.begin(2)
    resumed.begin(1)


def test_another_run_is_refused_and_nothing_is_changed():
    checkpoint, model = saved(preset="tiny", data="a", optimizer="AdamW"), model_data()
    before = model.get_weights()
    fit = {"preset": "other", "data": "b", "optimizer": "AdamW"}
    with pytest.raises(FindingsError, match="another preset: expected 'tiny', found 'other'") as e:
        ResumedFit(model, checkpoint, None).restore(PLAN, fit)
    assert [finding.code for finding in e.value.findings] == ["preset-differs", "data-differs"]
    with pytest.raises(FindingsError) as e:
        ResumedFit(model, checkpoint, None).restore(PLAN, fit, allow=["data-differs"])
    assert [finding.code for finding in e.value.findings] == ["preset-differs"]
    assert "To continue anyway" in str(e.value)
    assert all(map(np.array_equal, model.get_weights(), before))
    assert not model.optimizer.built
    both = ["data-differs", "preset-differs"]
    ResumedFit(model, checkpoint, None).restore(PLAN, fit, allow=both)
    assert_equal(state_of(model), checkpoint.arrays)


@pytest.mark.parametrize(
    ("changes", "updates"),
    [
        ({"batch_size": 2}, 6),  # the 12 rows seen are 6 batches of 2
        ({"batch_size": 12, "epochs": 12}, 1),
        ({"epochs": 5}, 3),
        ({"learning_rate": 5e-3}, 3),
        ({"gradient_accumulation_steps": 3, "epochs": 12}, 1),
        ({"batch_size": 2, "gradient_accumulation_steps": 2}, 3),
    ],
    ids=str,
)
def test_another_plan_continues_after_the_same_examples(changes, updates):
    checkpoint, plan = saved(), replace(PLAN, **changes)
    model = model_data(plan)
    ResumedFit(model, checkpoint, None).restore(plan, {})
    assert int(model.optimizer.iterations) == updates
    assert_equal(state_of(model), checkpoint.arrays, ["model"])
    rate = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
    assert rate == pytest.approx(plan.learning_rate_at(updates), rel=1e-6)


def test_without_a_plan_the_optimizer_continues_as_it_was():
    checkpoint = saved()
    for plan, start in (
        (None, checkpoint),
        (replace(PLAN, batch_size=2), replace(checkpoint, identity={})),
    ):
        model = model_data()
        ResumedFit(model, start, None).restore(plan, {})
        assert int(model.optimizer.iterations) == 3


def test_a_plan_that_has_ended_is_refused():
    model, plan = model_data(), replace(PLAN, epochs=1)
    before = model.get_weights()
    with pytest.raises(FindingsError, match="has performed 3 updates, which is the end of the new"):
        ResumedFit(model, saved(), None).restore(plan, {})
    assert all(map(np.array_equal, model.get_weights(), before))


HALF = TrainingPlan(12, 4, 9, learning_rate=1e-2, gradient_accumulation_steps=2)


def accumulated(model):
    arrays = state_of(model)["optimizer"]
    found = [array for name, array in arrays.items() if "accumulator" in name]
    assert len(found) == 2
    return any(np.any(array) for array in found)


def weights_change(model):
    before = model.get_weights()
    model.train_on_batch(X[:4], Y[:4])
    return not all(map(np.array_equal, model.get_weights(), before))


@pytest.mark.parametrize("changes", [{}, {"epochs": 12}], ids=str)
def test_half_an_update_is_completed_by_the_next_batch(changes):
    """After 3 batches, with 2 per update, the next batch is the second of an update."""
    model, plan = model_data(HALF), replace(HALF, **changes)
    ResumedFit(model, saved(HALF), None).restore(plan, {})
    assert accumulated(model)
    assert weights_change(model)
    assert int(model.optimizer.iterations) == 2


def test_half_an_update_is_dropped_with_another_accumulation():
    """3 batches are one and a half updates of 2 batches; the half is dropped."""
    checkpoint = saved(PLAN)
    model = model_data(HALF)
    ResumedFit(model, checkpoint, None).restore(HALF, {})
    assert not accumulated(model)
    assert int(model.optimizer.iterations) == 1
    assert [weights_change(model) for _ in range(4)] == [False, True, False, True]
    assert int(model.optimizer.iterations) == 3


TEXTS = ["a", "b", "a b", "b b", "a a", "b a"] * 2
BACKBONE = {
    "vocabulary_size": 6,
    "num_layers": 1,
    "num_heads": 2,
    "hidden_dim": 4,
    "intermediate_dim": 4,
    "max_sequence_length": 8,
}
INSIDE = Position(1, (Segment(4, 2),), examples_seen=20, batches_done=5)


def classifier():
    tokenizer = Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b"])
    labels = Labels(("x", "y"))
    model = BertClassifier(BACKBONE, tokenizer=tokenizer, labels=labels.names, max_length=8)
    model.compile(create_optimizer(PLAN), metrics=["accuracy"])
    label_ids = np.arange(len(TEXTS), dtype=np.int32) % 2
    examples = Examples(TEXTS, label_ids=label_ids, labels=labels)
    store = TokenStore.build(examples, tokenizer, 8)
    return model, Batches(store, 4, order="shuffled", seed=3)


def test_metrics_continue_with_the_remaining_batches_of_an_epoch():
    model, data = classifier()
    data.epoch = 1
    seen = np.concatenate([data.rows(index) for index in range(2)])
    for index in range(2):
        logs = model.train_on_batch(*data[index], return_dict=True)
    again, batches = classifier()
    resumed = ResumedFit(again, checkpoint_of(model, INSIDE), batches)
    resumed.restore(PLAN, {})
    assert (batches.epoch, batches.first) == (1, 2)
    assert sorted([*seen, *batches.rows(2)]) == list(range(12))
    resumed.begin(1)
    found = {name: float(value) for name, value in again.get_metrics_result().items()}
    assert found == pytest.approx({name: float(value) for name, value in logs.items()}, rel=1e-6)
    assert_equal(capture_state(again, {}), capture_state(model, {}))


def test_resuming_inside_an_epoch_needs_the_batches():
    checkpoint = replace(saved(), position=INSIDE)
    with pytest.raises(KbertError, match=r"^run/000001 was saved inside an epoch of Batches\."):
        ResumedFit(model_data(), checkpoint, None).restore(PLAN, {})
