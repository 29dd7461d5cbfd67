"""Values of steps that callbacks hold: they are read rarely, but before they are used."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kbert import (
    Batches,
    EpochEvaluation,
    Examples,
    FindingsError,
    LearningRateLogger,
    PlanGuard,
    RunCheckpoint,
    TokenStore,
    TrainConfig,
    TrainingPlan,
    create_optimizer,
    train,
)
from kbert.callbacks import ProgressBar
from kbert.callbacks.held_steps import READ_EVERY, read_held, steps_between_reads
from kbert.callbacks.watches.loss_watch import LossWatch
from kbert.checkpoints.checkpoint_files import read_checkpoint
from tests.callbacks.two_classes import X, Y

pytestmark = pytest.mark.keras

PLAN = TrainingPlan(96, batch_size=8, epochs=2, learning_rate=1e-3)


def model_data():
    keras.utils.set_random_seed(7)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(create_optimizer(PLAN), loss)
    return model


class Spoil(keras.callbacks.Callback):
    """Makes all weights NaN before one batch of the whole fit."""

    def __init__(self, batch):
        super().__init__()
        self.left = batch

    def on_train_batch_begin(self, batch, logs=None):
        if self.left == 0:
            model = self.model
            model.set_weights([np.full_like(w, np.nan) for w in model.get_weights()])
        self.left -= 1


def rows(path):
    return path.read_text(encoding="utf-8").splitlines()[1:]


def test_an_accelerator_is_read_every_fifty_steps(monkeypatch):
    model, path = model_data(), "kbert.callbacks.held_steps.computes_on_accelerator"
    assert [steps_between_reads(model, given) for given in (None, 1, 7)] == [1, 1, 7]
    monkeypatch.setattr(path, lambda model: True)
    assert [steps_between_reads(model, given) for given in (None, 1, 7)] == [READ_EVERY, 1, 7]
    assert READ_EVERY == 50


def test_callbacks_that_hold_steps_read_them():
    class Holds(keras.callbacks.Callback):
        reads = 0

        def read_held(self):
            self.reads += 1

    one, other = Holds(), Holds()
    read_held([one, keras.callbacks.History(), other])
    assert (one.reads, other.reads) == (1, 1)


@pytest.mark.parametrize("every_steps", [None, 5])
def test_non_finite_weights_are_not_evaluated(every_steps):
    evaluation = EpochEvaluation(dev=(X, Y), every_steps=every_steps, verbose=0)
    guard = PlanGuard(PLAN, verbose=0, read_every=1000)
    # The guard comes last: its own `on_epoch_end` would be too late.
    callbacks = [Spoil(6), evaluation, guard]
    with pytest.raises(FindingsError, match="is nan in epoch 1, batch 7, update 6"):
        model_data().fit(X, Y, 8, epochs=2, verbose=0, callbacks=callbacks)
    assert len(evaluation.history.records) == (0 if every_steps is None else 1)


def test_rows_with_a_non_finite_loss_are_written(tmp_path):
    log = LearningRateLogger(tmp_path / "rates.csv", read_every=1000)
    guard = PlanGuard(PLAN, verbose=0, read_every=1000)
    with pytest.raises(FindingsError, match="is nan in epoch 1, batch 7, update 6"):
        model_data().fit(X, Y, 8, epochs=2, verbose=0, callbacks=[Spoil(6), log, guard])
    log.close()
    found = rows(log.path)
    assert len(found) == 12
    assert [row.split(",")[3] == "nan" for row in found] == [False] * 6 + [True] * 6


@pytest.fixture(scope="module")
def tokens(tiny_model, sentences):
    """A classifier, and a store of 80 texts."""
    model = tiny_model(max_length=8)
    texts, labels = (part[:80] for part in sentences)
    examples = Examples(texts, None, model.labels.encode(labels), model.labels)
    return model, TokenStore.build(examples, model.tokenizer, 8)


def fit_classifier(tokens, folder, *more, size=8, read_every=1000):
    """Fit for an epoch with the callbacks of a run, and return them."""
    model, store = tokens
    plan = TrainingPlan(len(store), batch_size=size, epochs=1, warmup_proportion=0.0)
    keras.utils.set_random_seed(5)
    model.compile(create_optimizer(plan))
    batches = Batches(store, size, order="shuffled", seed=1)
    guard = PlanGuard(plan, verbose=0, allow=["too-few-updates"], read_every=read_every)
    log = LearningRateLogger(folder / "rates.csv", read_every=read_every)
    evaluation = EpochEvaluation(dev=Batches(store, 16), verbose=0)
    checkpoint = RunCheckpoint(
        folder / "checkpoints", plan, evaluation=evaluation, every_steps=3 if more else None
    )
    callbacks = [*more, guard, ProgressBar(plan.batches), log, evaluation, checkpoint]
    try:
        model.fit(batches, epochs=1, verbose=0, callbacks=callbacks)
    finally:
        log.close()
    return callbacks


def test_no_checkpoint_has_non_finite_weights(tokens, tmp_path):
    model, _ = tokens
    before = model.get_weights()
    try:
        with pytest.raises(FindingsError, match="is nan in epoch 1, batch 5, update 4"):
            fit_classifier(tokens, tmp_path, Spoil(4))
    finally:
        assert all(np.isfinite(weights).all() for weights in model.get_weights())
        model.set_weights(before)
    folders = sorted((tmp_path / "checkpoints").glob("0*"))
    assert [read_checkpoint(folder).position.batch for folder in folders] == [3]
    for array in read_checkpoint(folders[0]).arrays["model"].values():
        assert np.isfinite(array).all()
    assert len(rows(tmp_path / "rates.csv")) == 6  # the next would have been after the sixth


@pytest.mark.any_backend  # only the files matter
def test_rows_are_written_before_their_checkpoint(tokens, tmp_path, monkeypatch):
    model, _ = tokens
    before, seen = model.get_weights(), []

    class Beside(keras.callbacks.Callback):
        takes_tensors = True

    commit = RunCheckpoint._commit

    def note(self, name, *arguments):
        seen.append((name, len(rows(tmp_path / "rates.csv"))))
        commit(self, name, *arguments)

    monkeypatch.setattr(RunCheckpoint, "_commit", note)
    fit_classifier(tokens, tmp_path, Beside())
    model.set_weights(before)
    assert seen == [
        *(("epoch-0-batch-3", 3), ("epoch-0-batch-6", 6), ("epoch-0-batch-9", 9)),
        ("epoch-1-batch-0", 10),
    ]


class Reads:
    """Counts how often the host reads a tensor of the backend while `fit` calls its callbacks.

    The steps themselves are not counted: there, Keras checks on TensorFlow whether there was data,
    and dropout on a processor draws its numbers.
    """

    def __init__(self, patch):
        self.count, self._counts = 0, False
        for name in ("on_train_batch_begin", "on_train_batch_end"):
            self._watch(patch, name)
        for owner in (keras.ops, keras.src.backend):
            self._note(patch, owner, "convert_to_numpy")
        names = ("__float__", "__int__", "__bool__", "__array__", "numpy")
        if keras.backend.backend() == "torch":
            import torch

            for name in (*names, "item", "tolist", "cpu"):
                self._note(patch, torch.Tensor, name)
        elif keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            for name in names:
                self._note(patch, type(tf.constant(0)), name)
        else:
            import jax

            # It awaits many pending values at a time.
            self._note(patch, jax, "device_get")
            owner = type(keras.ops.zeros(()))
            read = self._noting(owner._value.fget)
            patch.setattr(owner, "_value", property(read))

    def _watch(self, patch, name):
        method = getattr(keras.callbacks.CallbackList, name)

        def watched(self_, *args, **kwargs):
            self._counts = True
            try:
                method(self_, *args, **kwargs)
            finally:
                self._counts = False

        patch.setattr(keras.callbacks.CallbackList, name, watched)

    def _note(self, patch, owner, name):
        patch.setattr(owner, name, self._noting(getattr(owner, name)))

    def _noting(self, method):
        def reading(*args, **kwargs):
            counts, self._counts = self._counts, False  # one reading may consist of others
            self.count += counts
            try:
                return method(*args, **kwargs)
            finally:
                self._counts = counts

        return reading


def test_reads_do_not_grow_with_the_steps_of_an_epoch(tokens, tmp_path, monkeypatch):
    model, _ = tokens
    # Thus the weights are copied in each update that is checked, however long that takes.
    clock = SimpleNamespace(monotonic=lambda: 100.0)
    monkeypatch.setattr("kbert.callbacks.watches.last_good_weights.time", clock)
    before, reads, counts = model.get_weights(), Reads(monkeypatch), {}
    for read_every in (50, 1):
        for size in (8, 2):  # 10 and 40 batches
            model.set_weights(before)
            folder = tmp_path / f"{size}-{read_every}"
            folder.mkdir()
            reads.count = 0
            fit_classifier(tokens, folder, size=size, read_every=read_every)
            counts[read_every, size] = reads.count
            assert len(rows(folder / "rates.csv")) == 80 // size
    model.set_weights(before)
    assert counts[50, 2] == counts[50, 8]
    assert counts[1, 2] >= counts[1, 8] + 2 * 30, "what is counted are no reads"


@pytest.mark.any_backend  # the tests above run on each
def test_a_run_holds_its_steps_on_an_accelerator(reviews, tiny_preset, tmp_path, monkeypatch):
    """On a fake accelerator; the files are the same as without one."""

    def run(name):
        settings = {"preset": str(tiny_preset), "weights": "random", "max_length": 16, "epochs": 2}
        config = TrainConfig(
            data=str(reviews),
            output=str(tmp_path / name),
            batch_size=16,
            learning_rate=1e-3,
            dev_proportion=0.2,
            checkpoint_steps=2,
            evaluate_every=3,
            **settings,
        )
        folder = train(config).path
        files = (folder / "model" / "model.safetensors", folder / "learning_rate.csv")
        return [file.read_bytes() for file in files]

    losses, hold = [], LossWatch.hold

    def note(self, loss, batch, batches):
        losses.append(keras.ops.is_tensor(loss))
        hold(self, loss, batch, batches)

    monkeypatch.setattr(LossWatch, "hold", note)
    plain = run("plain")
    assert not any(losses)
    for room in ("callbacks.held_steps", "models.fit_checks"):
        monkeypatch.setattr(f"kbert.{room}.computes_on_accelerator", lambda model: True)
    losses.clear()
    assert run("accelerated") == plain
    assert losses
    assert all(losses)
