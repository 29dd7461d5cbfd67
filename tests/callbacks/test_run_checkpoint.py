import keras
import numpy as np
import pytest

from kbert import (
    Batches,
    BertClassifier,
    EpochEvaluation,
    Examples,
    FindingsError,
    KbertError,
    Labels,
    RunCheckpoint,
    TokenStore,
    TrainingPlan,
    create_optimizer,
)
from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.training_state import capture_state
from kbert.errors import MachineError
from kbert.models.variables import to_arrays

pytestmark = pytest.mark.keras

PLAN = TrainingPlan(12, batch_size=4, epochs=3, learning_rate=1e-2)
X = np.random.default_rng(0).normal(size=(12, 2)).astype("float32")
Y = X.sum(axis=1, keepdims=True)
TEXTS = ["good film", "bad film", "a good one", "a bad one", "so good", "so very very bad", "good"]
TEXTS = (TEXTS * 3)[:20]


class Stop(keras.callbacks.Callback):
    """Ends `fit` in a step, as a kill would: without warning."""

    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_begin(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == self.step:
            raise KeyboardInterrupt


def model_data(plan=PLAN):
    keras.utils.set_random_seed(7)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="line")], name="plain")
    model.compile(create_optimizer(plan), loss="mse")
    return model


def fit_plain(model, checkpoint, **arguments):
    settings = {"epochs": 3, "shuffle": False, "verbose": 0, **arguments}
    model.fit(X, Y, batch_size=4, callbacks=[checkpoint], **settings)


@pytest.fixture
def classifier(tiny_model):
    """A function that makes a classifier, its batches, and their plan."""

    def make(batch_size=4, epochs=2, **plan):
        keras.utils.set_random_seed(11)
        model = tiny_model()
        examples = Examples(
            TEXTS,
            label_ids=np.array([t.count("bad") for t in TEXTS], np.int32),
            labels=Labels(("good", "bad")),
        )
        plan = TrainingPlan(len(TEXTS), batch_size, epochs, learning_rate=1e-3, **plan)
        store = TokenStore.build(examples, model.tokenizer, model.max_length)
        batches = Batches(store, batch_size, order="shuffled", seed=3)
        model.compile(create_optimizer(plan), metrics=["accuracy"])
        return model, batches, plan

    return make


def fit(made, folder, *more, identity=None, **arguments):
    """Fit a classifier with a checkpoint every 2 steps, and return the callback."""
    model, batches, plan = made
    checkpoint = RunCheckpoint(folder, plan, **{"every_steps": 2, **arguments})
    checkpoint.identity = identity or {}
    model.fit(batches, epochs=plan.epochs, verbose=0, callbacks=[*more, checkpoint])
    return checkpoint


def assert_same_state(model, other):
    left, right = capture_state(model), capture_state(other)
    for file in ("model", "optimizer"):
        for name, array in left[file].items():
            np.testing.assert_array_equal(array, right[file][name], err_msg=name)


def test_after_each_epoch_last_holds_the_state(tmp_path):
    model = model_data()
    checkpoint = RunCheckpoint(tmp_path / "new" / "checkpoints", PLAN, keep=3)
    fit_plain(model, checkpoint)
    found = [read_checkpoint(path) for path in checkpoint.store.committed()]
    assert [(c.position.epoch, c.position.batch, c.position.examples_seen) for c in found] == [
        *((1, 0, 12), (2, 0, 24), (3, 0, 36))
    ]
    assert [c.position.batches_done for c in found] == [3, 6, 9]
    assert TrainingPlan(**found[-1].identity["plan"]) == PLAN
    assert checkpoint.store.last() == found[-1].path
    for file, arrays in capture_state(model, metrics=False).items():
        for name, array in arrays.items():
            if not name.startswith("random/"):
                np.testing.assert_array_equal(array, found[-1].arrays[file][name], err_msg=name)


def test_a_blocked_folder_is_refused_before_the_first_step(tmp_path):
    (tmp_path / "checkpoints").touch()
    model = model_data()
    with pytest.raises(KbertError, match="checkpoints is a file, a pipe or a link; a folder was"):
        fit_plain(model, RunCheckpoint(tmp_path / "checkpoints", PLAN))
    assert int(model.optimizer.iterations) == 0


def test_a_plain_model_resumes_after_its_last_whole_epoch(tmp_path):
    whole, model, again = model_data(), model_data(), model_data()
    fit_plain(whole, RunCheckpoint(tmp_path / "whole", PLAN))
    fit_plain(model, RunCheckpoint(tmp_path / "run", PLAN), epochs=1)
    fit_plain(again, RunCheckpoint(tmp_path / "run", PLAN, resume=True))
    assert_same_state(again, whole)


def test_a_second_fit_starts_at_its_initial_epoch(tmp_path):
    model = model_data()
    fit_plain(model, RunCheckpoint(tmp_path, PLAN), epochs=1)
    again = model_data()
    checkpoint = RunCheckpoint(tmp_path, PLAN, resume=True)
    fit_plain(again, checkpoint, epochs=2)
    assert int(again.optimizer.iterations) == 6
    history = again.fit(X, Y, batch_size=4, epochs=2, verbose=0, callbacks=[checkpoint])
    assert history.epoch == [0, 1]
    assert int(again.optimizer.iterations) == 12


@pytest.mark.any_backend  # only the counts matter
@pytest.mark.parametrize("steps", [2, 4, 9])
def test_partial_epochs_are_refused_for_plain_models_too(steps, classifier, tmp_path):
    made, batches, plan = classifier()
    model = keras.Model(made.inputs, made.outputs)
    model.compile(create_optimizer(plan), made.loss)
    checkpoint = RunCheckpoint(tmp_path, plan)
    checkpoint.set_data(batches)
    settings = {"shuffle": False, "verbose": 0, "callbacks": [checkpoint]}
    with pytest.raises(KbertError, match=f"fit runs {steps} steps .*the Batches have 5: .*leave"):
        model.fit(batches, steps_per_epoch=steps, **settings)
    assert int(model.optimizer.iterations) == 0
    checkpoint.set_data(batches)
    model.fit(batches, steps_per_epoch=5, **settings)
    assert int(model.optimizer.iterations) == 5


@pytest.mark.any_backend  # parity/test_resumption.py resumes on each
@pytest.mark.parametrize(("step", "version"), [(3, 1), (5, 1), (7, 1), (3, 2)])
def test_a_classifier_resumes_inside_an_epoch(step, version, classifier, tmp_path):
    whole, stopped, again = made = [classifier() for _ in range(3)]
    for _, batches, _ in made:
        batches.order_version = version
    fit(whole, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        fit(stopped, tmp_path / "run", Stop(step))
    checkpoint = fit(again, tmp_path / "run", resume=True)
    assert_same_state(again[0], whole[0])
    assert int(again[0].optimizer.iterations) == 10
    assert read_checkpoint(checkpoint.store.last()).position.examples_seen == 40


@pytest.mark.any_backend  # only the batches matter
@pytest.mark.parametrize("version", [1, 2])
def test_with_other_batches_the_remaining_rows_are_trained_on(version, classifier, tmp_path):
    stopped = classifier()
    stopped[1].order_version = version
    with pytest.raises(KeyboardInterrupt):
        fit(stopped, tmp_path, Stop(2))
    seen = np.concatenate([stopped[1].rows(index) for index in range(2)])
    model, batches, plan = classifier(batch_size=2)
    batches.order_version = version
    rows = []

    class Rows(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            rows.append((batches.epoch, batches.rows(batches.first + batch)))

    checkpoint = fit((model, batches, plan), tmp_path, Rows(), resume=True)
    first = np.concatenate([part for epoch, part in rows if epoch == 0])
    assert sorted([*seen, *first]) == list(range(20))
    assert sorted(np.concatenate([part for epoch, part in rows if epoch == 1])) == list(range(20))
    # 2 batches of 4 count as 4 batches of 2, so 16 of the 20 are left.
    assert int(model.optimizer.iterations) == 20
    last = read_checkpoint(checkpoint.store.last()).position
    assert (last.epoch, last.examples_seen, last.batches_done) == (2, 40, 2 + 16)


def test_a_folder_in_use_is_refused(tmp_path):
    fit_plain(model_data(), RunCheckpoint(tmp_path, PLAN), epochs=1)
    with pytest.raises(KbertError, match=r"already holds checkpoints, the last 000001-epoch-1-.*"):
        fit_plain(model_data(), RunCheckpoint(tmp_path, PLAN))


def test_resuming_without_a_checkpoint_starts_from_scratch(tmp_path):
    checkpoint = RunCheckpoint(tmp_path / "none", PLAN, resume=True)
    fit_plain(model_data(), checkpoint, epochs=1)
    assert checkpoint.store.last() is not None


def test_saving_inside_an_epoch_needs_batches(tmp_path):
    with pytest.raises(KbertError, match="need Batches, .* and whole epochs"):
        fit_plain(model_data(), RunCheckpoint(tmp_path, PLAN, every_steps=2))


@pytest.mark.parametrize("name", ["every_steps", "every_minutes"])
def test_refuses_intervals_of_zero(name, tmp_path):
    with pytest.raises(KbertError, match=f"`{name}` must be above 0"):
        RunCheckpoint(tmp_path, **{name: 0})


@pytest.mark.any_backend  # only the clock matters
def test_every_minutes(classifier, tmp_path):
    checkpoint = fit(classifier(), tmp_path, every_steps=None, every_minutes=1e-9, keep=99)
    positions = [read_checkpoint(path).position for path in checkpoint.store.committed()]
    assert [(p.epoch, p.batch) for p in positions] == [
        *((0, 1), (0, 2), (0, 3), (0, 4), (1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (2, 0))
    ]


@pytest.mark.any_backend  # only what is recorded matters
def test_differences_from_the_run_are_refused_by_name(classifier, tmp_path):
    fit(classifier(epochs=1), tmp_path, identity={"preset": "tiny"})
    model, batches, plan = classifier(epochs=2)
    batches.seed = 4
    with pytest.raises(FindingsError) as refused:
        fit((model, batches, plan), tmp_path, resume=True, identity={"preset": "other"})
    assert [finding.code for finding in refused.value.findings] == [
        *("preset-differs", "order-differs")
    ]
    assert "expected 'tiny', found 'other'" in str(refused.value)
    assert 'allow=("preset-differs", "order-differs")' in str(refused.value)
    allow = ("preset-differs", "order-differs")
    fit((model, batches, plan), tmp_path, resume=True, identity={"preset": "other"}, allow=allow)


@pytest.mark.any_backend  # only what is recorded matters
def test_another_order_is_refused(classifier, tmp_path):
    fit(classifier(epochs=1), tmp_path)
    model, batches, plan = classifier(epochs=2)
    packed = Batches(batches.store, batches.batch_size, order="packed", seed=batches.seed)
    with pytest.raises(FindingsError, match="expected 'shuffled', found 'packed'"):
        fit((model, packed, plan), tmp_path, resume=True)


@pytest.mark.any_backend  # only what is recorded matters
def test_another_version_of_the_order_is_refused(classifier, tmp_path):
    fit(classifier(epochs=1), tmp_path)
    model, batches, plan = classifier(epochs=2)
    batches.order_version = 2
    with pytest.raises(FindingsError, match="another version of the data's order: expected 1, fo"):
        fit((model, batches, plan), tmp_path, resume=True)
    batches.order_version = 1
    fit((model, batches, plan), tmp_path, resume=True)


@pytest.mark.any_backend  # only what is recorded matters
def test_rows_with_other_labels_are_refused(classifier, tmp_path):
    fit(classifier(epochs=1), tmp_path)
    model, batches, plan = classifier(epochs=2)
    batches.store.labels = 1 - batches.store.labels
    with pytest.raises(FindingsError, match="another training data"):
        fit((model, batches, plan), tmp_path, resume=True)


@pytest.mark.any_backend  # only what is recorded matters
def test_a_plan_that_ends_before_the_point_reached_is_refused(classifier, tmp_path):
    fit(classifier(epochs=2), tmp_path)
    with pytest.raises(
        FindingsError, match="has performed 10 updates, which is the end of the new plan"
    ):
        fit(classifier(epochs=1), tmp_path, resume=True)


@pytest.mark.any_backend  # only the scores matter
def test_the_evaluation_is_resumed_too(classifier, tmp_path):
    def evaluated(made, folder, *more, **arguments):
        model, batches, plan = made
        evaluation = EpochEvaluation(dev=Batches(batches.store, 8), verbose=0)
        checkpoint = RunCheckpoint(folder, plan, evaluation=evaluation, **arguments)
        callbacks = [*more, evaluation, checkpoint]
        model.fit(batches, epochs=plan.epochs, verbose=0, callbacks=callbacks)
        return evaluation, checkpoint

    whole = classifier(epochs=3)
    expected, best = evaluated(whole, tmp_path / "whole")
    stopped = classifier(epochs=3)
    with pytest.raises(KeyboardInterrupt):
        evaluated(stopped, tmp_path / "run", Stop(11))
    again = classifier(epochs=3)
    evaluation, checkpoint = evaluated(again, tmp_path / "run", resume=True)
    assert evaluation.history.to_dict() == expected.history.to_dict()
    assert evaluation.best_epoch == expected.best_epoch
    assert checkpoint.store.best().name == best.store.best().name
    # Also the weights of an earlier best epoch.
    for one, other in zip(again[0].get_weights(), whole[0].get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.any_backend  # only the callbacks matter
def test_the_evaluation_must_come_first(classifier, tmp_path):
    model, batches, plan = classifier()
    evaluation = EpochEvaluation(dev=Batches(batches.store, 8), verbose=0)
    checkpoint = RunCheckpoint(tmp_path, plan, evaluation=evaluation)
    with pytest.raises(KbertError, match="EpochEvaluation must come before RunCheckpoint"):
        model.fit(batches, epochs=2, verbose=0, callbacks=[checkpoint, evaluation])


@pytest.mark.any_backend  # only the files matter
def test_a_write_error_ends_the_fit_within_a_step(classifier, tmp_path, monkeypatch):
    made = classifier()
    checkpoint = RunCheckpoint(tmp_path, made[2], every_steps=2)
    commit = checkpoint.store.commit

    def fail(name, arrays, state, *, best=False):
        if checkpoint.store.last() is not None:
            raise MachineError("no room")
        return commit(name, arrays, state, best=best)

    monkeypatch.setattr(checkpoint.store, "commit", fail)
    with pytest.raises(MachineError, match="no room"):
        made[0].fit(made[1], epochs=2, verbose=0, callbacks=[checkpoint])
    assert int(made[0].optimizer.iterations) in (4, 5)
    assert read_checkpoint(checkpoint.store.last()).position.batch == 2


def test_non_finite_weights_are_not_saved(tmp_path):
    model = model_data()
    fit_plain(model, checkpoint := RunCheckpoint(tmp_path, PLAN), epochs=1)
    good = checkpoint.store.last()
    model.layers[-1].kernel.assign([[np.nan], [0.0]])
    with pytest.raises(KbertError, match="not finite after batch"):
        fit_plain(model, checkpoint, epochs=1)
    assert checkpoint.store.last() == good


@pytest.mark.any_backend  # only the files matter
def test_the_model_folder_matches_the_best_checkpoint(classifier, tmp_path):
    model, batches, plan = classifier()
    evaluation = EpochEvaluation(
        dev=Batches(batches.store, 8), model_folder=tmp_path / "model", verbose=0
    )
    checkpoint = RunCheckpoint(tmp_path / "checkpoints", plan, evaluation=evaluation)
    model.fit(batches, epochs=2, verbose=0, callbacks=[evaluation, checkpoint])
    best = read_checkpoint(checkpoint.store.best())
    assert best.position.epoch == evaluation.best_epoch + 1
    loaded = BertClassifier.load(tmp_path / "model")
    for name, array in to_arrays(loaded.weights).items():
        np.testing.assert_array_equal(array, best.arrays["model"][name], err_msg=name)
