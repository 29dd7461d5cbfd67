"""Evaluations between two batches: training continues as if they had not happened."""

import json

import keras
import numpy as np
import pytest

from kbert import (
    Batches,
    EpochEvaluation,
    Examples,
    KbertError,
    Labels,
    RunCheckpoint,
    TokenStore,
    TrainingPlan,
    create_optimizer,
)
from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.training_state import capture_state

pytestmark = pytest.mark.keras

TEXTS = (["good film", "bad film", "a good one", "a bad one", "so very bad", "good"] * 4)[:20]
LABELS = np.array([text.count("bad") for text in TEXTS], np.int32)


class Stop(keras.callbacks.Callback):
    """Ends `fit` before a step, as a kill would."""

    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_begin(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == self.step:
            raise KeyboardInterrupt


@pytest.fixture
def made(tiny_model):
    """A function that makes a classifier with dropout, its batches and their plan."""

    def make(epochs=2):
        keras.utils.set_random_seed(11)
        model = tiny_model(all_dropout=0.3)
        examples = Examples(TEXTS, label_ids=LABELS, labels=Labels(("good", "bad")))
        plan = TrainingPlan(len(TEXTS), 4, epochs, learning_rate=1e-3)
        store = TokenStore.build(examples, model.tokenizer, model.max_length)
        model.compile(create_optimizer(plan), metrics=["accuracy"])
        return model, Batches(store, 4, order="shuffled", seed=3), plan

    return make


def fit(made, *callbacks, checkpoints=None, resume=False, every_steps_saved=None, **arguments):
    """Fit with an evaluation; return it, what `fit` returned, and the RunCheckpoint, if any."""
    model, batches, plan = made
    evaluation = EpochEvaluation(dev=Batches(batches.store, 8), **{"verbose": 0, **arguments})
    checkpoint = []
    if checkpoints is not None:
        checkpoint = [
            RunCheckpoint(
                checkpoints,
                plan,
                evaluation=evaluation,
                every_steps=every_steps_saved,
                keep=99,
                resume=resume,
            )
        ]
    callbacks = [*callbacks, evaluation, *checkpoint]
    history = model.fit(batches, epochs=plan.epochs, verbose=0, callbacks=callbacks)
    return evaluation, history, *checkpoint


def assert_same_state(model, other):
    left, right = capture_state(model), capture_state(other)
    for file, arrays in left.items():
        assert arrays.keys() == right[file].keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, right[file][name], err_msg=name)


def places(evaluation):
    return [(r.epoch, r.batch, r.update) for r in evaluation.history.records]


def test_evaluations_do_not_affect_training(made, tmp_path):
    evaluation, inside = fit(one := made(), every_steps=2, restore_best=False, folder=tmp_path)
    _, plain = fit(other := made(), restore_best=False)  # made here: it sets the random seed
    assert_same_state(one[0], other[0])
    assert inside.history == plain.history
    # Five batches of four per epoch.
    expected = [(1, 2, 2), (1, 4, 4), (1, None, 5), (2, 2, 7), (2, 4, 9), (2, None, 10)]
    assert places(evaluation) == expected
    assert inside.history["dev_loss"] == [
        r.scores["dev"].loss for r in evaluation.history.records if r.batch is None
    ]
    written = json.loads((tmp_path / "evaluations.json").read_text())
    assert [(r["epoch"], r.get("batch"), r["update"]) for r in written["epochs"]] == expected


@pytest.mark.any_backend  # only the counts matter
def test_an_epoch_ending_on_an_interval_is_evaluated_once(made):
    assert places(fit(made(), every_steps=5)[0]) == [(1, None, 5), (2, None, 10)]


@pytest.mark.any_backend  # only the scores matter
def test_the_best_may_be_inside_an_epoch(made, monkeypatch, capsys):
    accuracies = iter([0.1, 0.9, 0.5, 0.4, 0.3, 0.2])
    weights = []
    script(monkeypatch, accuracies, weights)
    model, *more = made()
    evaluation, _ = fit((model, *more), every_steps=2, verbose=1)
    best = evaluation.history.best
    assert (best.epoch, best.batch, evaluation.best_epoch) == (1, 4, 0)
    for one, other in zip(model.get_weights(), weights[1], strict=True):
        np.testing.assert_array_equal(one, other)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("epoch 1, batch 2: dev accuracy 0.1000")
    assert [line.endswith("(best so far)") for line in lines] == [True, True, *[False] * 4]


@pytest.mark.any_backend  # only the scores matter
def test_patience_can_end_an_epoch_early(made, monkeypatch, capsys):
    script(monkeypatch, iter([0.1, 0.9, 0.5, 0.4]), [])
    evaluation, history = fit(made(), every_steps=2, patience=2, verbose=1)
    assert places(evaluation) == [(1, 2, 2), (1, 4, 4), (1, None, 5), (2, 2, 7)]
    assert [round(accuracy, 6) for accuracy in history.history["dev_accuracy"]] == [0.5, 0.4]
    assert capsys.readouterr().out.endswith("stopping: no better accuracy for 2 evaluations\n")


def script(monkeypatch, accuracies, weights):
    """Give the evaluations these accuracies, and record the weights that were evaluated."""
    from dataclasses import replace

    from kbert.callbacks import evaluated_sets

    scores = evaluated_sets.evaluate_rows

    def scripted(model, *data):
        weights.append(model.get_weights())
        found, outputs = scores(model, *data)
        return replace(found, accuracy=next(accuracies)), outputs

    monkeypatch.setattr(evaluated_sets, "evaluate_rows", scripted)


@pytest.mark.any_backend  # runs/test_resume_exactly.py stops in an evaluation on each
@pytest.mark.parametrize("step", [3, 5, 8, 9])
def test_a_run_resumes_after_an_evaluation(step, made, tmp_path):
    """With or without a checkpoint of it: each evaluation that is the best so far leaves one."""
    settings = {"every_steps": 2, "monitor": "loss"}
    whole = made()
    expected, _, best = fit(whole, checkpoints=tmp_path / "whole", **settings)
    stopped, again = made(), made()
    with pytest.raises(KeyboardInterrupt):
        fit(stopped, Stop(step), checkpoints=tmp_path / "run", **settings)
    folder = tmp_path / "run"
    evaluation, _, found = fit(again, checkpoints=folder, resume=True, **settings)
    assert evaluation.history.records == expected.history.records
    assert_same_state(again[0], whole[0])
    assert found.store.best().name.partition("-")[2] == expected.history.best.position
    kept, other = (read_checkpoint(one.store.best()).arrays for one in (found, best))
    for name, array in kept["model"].items():
        np.testing.assert_array_equal(array, other["model"][name], err_msg=name)


@pytest.mark.any_backend  # only the scores matter
def test_a_run_that_ended_inside_an_epoch_stays_ended(made, monkeypatch, tmp_path):
    script(monkeypatch, iter([0.9, 0.5]), [])
    settings = {"every_steps": 2, "patience": 1, "checkpoints": tmp_path}
    model, *more = made()
    evaluation, *_ = fit((model, *more), **settings)
    assert places(evaluation) == [(1, 2, 2), (1, 4, 4)]
    again = made()
    resumed, history, _ = fit(again, resume=True, **settings)
    assert resumed.history.records == evaluation.history.records
    assert history.epoch == []
    for one, other in zip(again[0].get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.any_backend  # only the scores matter
def test_patience_counts_the_evaluations_before_a_kill(made, monkeypatch, tmp_path):
    settings = {"every_steps": 2, "patience": 2, "checkpoints": tmp_path}
    script(monkeypatch, iter([0.9, 0.5, 0.4]), [])
    with pytest.raises(KeyboardInterrupt):
        fit(made(), Stop(4), **{**settings, "every_steps_saved": 1})  # after both of epoch 1
    resumed, *_ = fit(made(), resume=True, **settings)
    assert places(resumed) == [(1, 2, 2), (1, 4, 4), (1, None, 5)]


@pytest.mark.any_backend  # only the names matter
def test_the_history_of_other_sets_is_refused(made):
    evaluation, _ = fit(made(epochs=1))
    other = EpochEvaluation(test=(np.zeros((1, 2)), np.zeros(1)))
    with pytest.raises(KbertError, match="The evaluation of epoch 1 lacks the sets test"):
        other.resume_at(evaluation.history.to_dict())


def test_checkpoints_inside_an_epoch_need_batches(tmp_path):
    data = np.zeros((4, 2)), np.zeros(4)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    evaluation = EpochEvaluation(dev=data, every_steps=1)
    checkpoint = RunCheckpoint(tmp_path, evaluation=evaluation)
    with pytest.raises(KbertError, match="Batches"):
        model.fit(*data, verbose=0, callbacks=[evaluation, checkpoint])


@pytest.mark.parametrize("every_steps", [0, -1, 2.5, "10"])
def test_refuses_invalid_intervals(every_steps):
    with pytest.raises(KbertError, match="`every_steps` must be a whole number, 1 or more"):
        EpochEvaluation(dev=(np.zeros((1, 2)), np.zeros(1)), every_steps=every_steps)
