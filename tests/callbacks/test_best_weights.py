"""The weights of the best evaluations are kept and averaged, also by a `fit` that resumes."""

import keras
import numpy as np
import pytest

from kbert import (
    Batches,
    EpochEvaluation,
    Examples,
    InputError,
    Labels,
    RunCheckpoint,
    TokenStore,
    TrainingPlan,
    create_optimizer,
)

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]  # arrays in NumPy

ROWS = np.arange(12)
LABELS = ROWS % 3
TEXTS = ["good film", "bad film", "a good one", "a bad one", "so good", "so very bad"] * 4


def table(wrong):
    """Logits of 12 rows, which predict another class than the label for those in `wrong`."""
    classes = np.where(np.isin(ROWS, wrong), (LABELS + 1) % 3, LABELS)
    return 3.0 * np.eye(3, dtype="float32")[classes]


class Give(keras.callbacks.Callback):
    """Gives the model a table after each epoch."""

    def __init__(self, tables):
        super().__init__()
        self.tables = tables

    def on_epoch_end(self, epoch, logs=None):
        self.model.layers[-1].embeddings.assign(self.tables[epoch])


def fit_tables(tables, **arguments):
    """Return a model of one logit per row and class, and its evaluation."""
    model = keras.Sequential([keras.Input((), dtype="int32"), keras.layers.Embedding(12, 3)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.0), loss)
    evaluation = EpochEvaluation(dev=(ROWS, LABELS), verbose=0, **arguments)
    callbacks = [Give(tables), evaluation]
    model.fit(ROWS, LABELS, epochs=len(tables), verbose=0, callbacks=callbacks)
    return model.get_weights()[0], evaluation


def test_a_better_average_becomes_the_model(tmp_path):
    """Three tables are wrong in three rows each, but no row is wrong in two of them."""
    bad = table(range(12))
    tables = [table([0, 1, 2]), bad, table([3, 4, 5]), table([6, 7, 8])]
    weights, evaluation = fit_tables(tables, average_best=3, folder=tmp_path)
    np.testing.assert_allclose(weights, (tables[0] + tables[2] + tables[3]) / 3, rtol=1e-6)
    *own, average = evaluation.history.records
    assert [one.first.accuracy for one in own] == [0.75, 0.0, 0.75, 0.75]
    assert sorted(average.average_of) == [(1, None), (3, None), (4, None)]
    assert evaluation.history.best is average
    assert average.first.accuracy == 1.0
    assert len(evaluation.best_outputs["dev"]) == 12


def test_a_worse_average_is_recorded_but_not_kept(capsys):
    tables = [table([]), table(range(12))]
    weights, evaluation = fit_tables(tables, average_best=2)
    np.testing.assert_array_equal(weights, tables[0])
    assert evaluation.history.records[-1].average_of == ((1, None), (2, None))
    assert evaluation.best_epoch == 0


def test_last_weights_stay_without_restore_best():
    tables = [table([]), table(range(12))]
    weights, _ = fit_tables(tables, average_best=2, restore_best=False)
    np.testing.assert_array_equal(weights, tables[1])


def test_one_evaluation_has_no_average():
    _, evaluation = fit_tables([table([])], average_best=2)
    assert len(evaluation.history.records) == 1


def test_an_average_of_one_is_refused():
    with pytest.raises(InputError, match="`average_best` must be 2 or more. Received: 1"):
        EpochEvaluation(dev=(ROWS, LABELS), average_best=1)


class Stop(keras.callbacks.Callback):
    """Ends `fit` before an update, as a kill would."""

    def on_train_batch_begin(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == 14:
            raise KeyboardInterrupt


def fit_classifier(tiny_model, folder, *more, resume=False):
    """Train four epochs of six batches, and return the weights and the evaluation."""
    keras.utils.set_random_seed(11)
    model = tiny_model()
    names = np.array([text.count("bad") for text in TEXTS], np.int32)
    examples = Examples(TEXTS, label_ids=names, labels=Labels(("good", "bad")))
    plan = TrainingPlan(len(TEXTS), batch_size=4, epochs=4, learning_rate=1e-2)
    store = TokenStore.build(examples, model.tokenizer, model.max_length)
    model.compile(create_optimizer(plan))
    evaluation = EpochEvaluation(dev=Batches(store, 4), monitor="loss", average_best=3, verbose=0)
    checkpoint = RunCheckpoint(folder, plan, evaluation=evaluation, keep=1, resume=resume)
    batches = Batches(store, 4, order="shuffled", seed=3)
    model.fit(batches, epochs=4, verbose=0, callbacks=[*more, evaluation, checkpoint])
    return model.get_weights(), evaluation


def test_a_resumed_fit_gives_the_same_average(tiny_model, tmp_path):
    expected, whole = fit_classifier(tiny_model, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        fit_classifier(tiny_model, tmp_path / "stopped", Stop())
    found, resumed = fit_classifier(tiny_model, tmp_path / "stopped", resume=True)
    assert resumed.history.to_dict() == whole.history.to_dict()
    assert len(whole.history.records[-1].average_of) == 3
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
