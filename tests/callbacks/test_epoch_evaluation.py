import json
from dataclasses import replace

import keras
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, log_loss, matthews_corrcoef

from kbert import Batches, BertClassifier, EpochEvaluation, Examples, KbertError, TokenStore

pytestmark = pytest.mark.keras

LABELS = np.arange(12) % 3


class Scripted(keras.callbacks.Callback):
    """Gives the model, after each epoch, logits that are wrong in `wrong[epoch]` of 12 rows."""

    def __init__(self, wrong):
        super().__init__()
        self.wrong = wrong

    def on_epoch_end(self, epoch, logs=None):
        self.model.layers[-1].embeddings.assign(logits_for(self.wrong[epoch]))


def logits_for(wrong):
    logits = np.full((12, 3), -1.0, "float32")
    predicted = LABELS.copy()
    predicted[:wrong] = (predicted[:wrong] + 1) % 3
    logits[np.arange(12), predicted] = 2.0
    return logits


def table_model():
    """A plain Keras model: the logits of row i are row i of a table."""
    model = keras.Sequential([keras.Input((), dtype="int32"), keras.layers.Embedding(12, 3)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.0), loss)
    return model


def fit_scripted(wrong, sets=None, **arguments):
    model = table_model()
    evaluation = EpochEvaluation(**(sets or {"dev": (np.arange(12), LABELS)}), **arguments)
    history = model.fit(
        np.arange(12),
        LABELS,
        batch_size=6,
        epochs=len(wrong),
        verbose=0,
        callbacks=[Scripted(wrong), evaluation],
    )
    return model, evaluation, history


def test_scores_match_sklearn_in_history_and_evaluations():
    _, evaluation, history = fit_scripted([3, 5])
    for epoch, wrong in enumerate([3, 5]):
        logits = logits_for(wrong)
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        predicted = logits.argmax(axis=1)
        expected = {
            "accuracy": accuracy_score(LABELS, predicted),
            "macro_f1": f1_score(LABELS, predicted, average="macro"),
            "mcc": matthews_corrcoef(LABELS, predicted),
            "loss": log_loss(LABELS, probabilities),
        }
        for name, value in expected.items():
            assert getattr(evaluation.evaluations[epoch]["dev"], name) == pytest.approx(value)
            assert history.history[f"dev_{name}"][epoch] == pytest.approx(value)


@pytest.mark.any_backend  # only the names matter
def test_val_names_refer_to_the_first_set():
    sets = {"dev": (np.arange(12), LABELS), "other": (np.arange(6), LABELS[:6])}
    stopping = keras.callbacks.EarlyStopping(monitor="val_accuracy", mode="max", patience=1)
    model = table_model()
    history = model.fit(
        np.arange(12),
        LABELS,
        epochs=4,
        verbose=0,
        callbacks=[Scripted([3, 1, 2, 0]), EpochEvaluation(val_names=True, **sets), stopping],
    ).history
    assert len(history["loss"]) == 3  # the third epoch is no better than the second
    for score in ("accuracy", "macro_f1", "mcc", "loss"):
        assert history[f"val_{score}"] == history[f"dev_{score}"]
    assert "val_accuracy" not in fit_scripted([1])[2].history


@pytest.mark.parametrize(
    "monitor",
    [
        "accuracy",
        *(pytest.param(n, marks=pytest.mark.any_backend) for n in ("macro_f1", "mcc", "loss")),
    ],
)
def test_best_epoch_is_restored(monitor):
    model, evaluation, _ = fit_scripted([4, 1, 3], monitor=monitor)
    assert evaluation.best_epoch == 1
    assert evaluation.best["dev"].accuracy == pytest.approx(11 / 12)
    assert np.array_equal(model.get_weights()[0], logits_for(1))


@pytest.mark.any_backend  # only the scores matter
def test_the_first_of_equal_epochs_is_best():
    assert fit_scripted([2, 1, 1])[1].best_epoch == 1


class Scaled(keras.callbacks.Callback):
    """Gives the model, after each epoch, the same predictions with other probabilities."""

    def __init__(self, scales):
        super().__init__()
        self.scales = scales

    def on_epoch_end(self, epoch, logs=None):
        self.model.layers[-1].embeddings.assign(logits_for(2) * self.scales[epoch])


@pytest.mark.any_backend  # only the scores matter
@pytest.mark.parametrize("monitor", ["accuracy", "macro_f1", "mcc"])
def test_of_equal_scores_the_lowest_loss_is_best(monitor):
    scales = [0.05, 0.5, 3.0]
    losses = []
    for scale in scales:
        exponentials = np.exp(logits_for(2) * scale)
        losses.append(log_loss(LABELS, exponentials / exponentials.sum(axis=1, keepdims=True)))
    assert np.argmin(losses) == 1
    model = table_model()
    data = np.arange(12), LABELS
    evaluation = EpochEvaluation(dev=data, monitor=monitor, patience=1)
    callbacks = [Scaled([*scales, 0.5]), evaluation]
    history = model.fit(*data, epochs=4, verbose=0, callbacks=callbacks).history
    assert (evaluation.best_epoch, len(history["loss"])) == (1, 3)
    np.testing.assert_allclose(model.get_weights()[0], logits_for(2) * 0.5)
    earlier = evaluation.history.to_dict()
    del earlier["ties"]  # as kbert 0.1 wrote it
    evaluation.resume_at(earlier)
    assert (evaluation.best_epoch, evaluation.history.to_dict()["ties"]) == (0, "first")


@pytest.mark.any_backend  # only the scores matter
def test_last_weights_stay_when_asked():
    model, evaluation, _ = fit_scripted([4, 1, 3], restore_best=False)
    assert evaluation.best_epoch == 1
    assert np.array_equal(model.get_weights()[0], logits_for(3))


@pytest.mark.any_backend  # only the scores matter
@pytest.mark.parametrize(
    ("patience", "epochs"), [(1, 3), (2, 6), (None, 8)], ids=["one", "two", "none"]
)
def test_patience_counts_epochs_since_the_best(patience, epochs, capsys):
    _, evaluation, history = fit_scripted([5, 3, 4, 2, 2, 3, 1, 0], patience=patience)
    assert len(evaluation.evaluations) == len(history.history["loss"]) == epochs
    assert ("stopping: no better accuracy" in capsys.readouterr().out) == (patience is not None)


@pytest.mark.any_backend  # only the scores matter
def test_first_set_decides_and_all_are_scored(capsys):
    sets = {"dev": (np.arange(12), LABELS), "test": (np.arange(4), LABELS[:4])}
    _, evaluation, history = fit_scripted([4, 6], sets)
    assert evaluation.best_epoch == 0
    assert [e["test"].rows for e in evaluation.evaluations] == [4, 4]
    assert {"dev_mcc", "test_mcc"} <= set(history.history)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" accuracy")[0] for line in lines] == [
        *("epoch 1: dev", "epoch 1: test", "epoch 2: dev", "epoch 2: test")
    ]
    assert [line.endswith("(best so far)") for line in lines] == [True, True, False, False]


@pytest.mark.any_backend  # only the output matters
def test_silent():
    fit_scripted([1], verbose=0)


@pytest.mark.any_backend  # only the files matter
def test_files(tmp_path):
    _, evaluation, _ = fit_scripted([4, 1, 3], folder=tmp_path)
    best = evaluation.best["dev"]
    # Two batches of six per epoch; the second of three epochs is the best.
    assert (tmp_path / "eval_results.txt").read_text() == (
        f"eval_accuracy = {best.accuracy}\neval_loss = {best.loss}\nglobal_step = 4\n"
        f"loss = {best.loss}\n"
    )
    record = json.loads((tmp_path / "evaluations.json").read_text())
    assert (record["monitor"], record["best_epoch"]) == ("accuracy", 2)
    assert [(epoch["epoch"], epoch["update"]) for epoch in record["epochs"]] == [
        (1, 2),
        (2, 4),
        (3, 6),
    ]
    assert record["epochs"][1]["dev"]["accuracy"] == best.accuracy
    assert [c["label"] for c in record["epochs"][0]["dev"]["classes"]] == ["0", "1", "2"]


def test_a_second_fit_starts_from_scratch():
    model, evaluation, _ = fit_scripted([0, 4])
    model.fit(np.arange(12), LABELS, epochs=1, verbose=0, callbacks=[Scripted([6]), evaluation])
    assert (len(evaluation.evaluations), evaluation.best_epoch) == (1, 0)
    assert np.array_equal(model.get_weights()[0], logits_for(6))


def test_batches_of_a_classifier_are_scored_row_by_row(tiny_model, sentences):
    model = tiny_model()
    model.compile("sgd")
    texts, labels = (part[::4] for part in sentences)
    ids = model.labels.encode(labels)
    batches = model.batches(Examples(texts, None, ids, model.labels), batch_size=5)
    evaluation = EpochEvaluation(dev=batches, verbose=0)
    evaluation.set_model(model)
    evaluation.on_epoch_end(0, logs := {})
    names = [prediction.label for prediction in model.predict_texts(texts, batch_size=7)]
    assert logs["dev_accuracy"] == accuracy_score(labels, names)
    assert [c.label for c in evaluation.evaluations[0]["dev"].classes] == ["bad", "good"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "Name at least one set"),
        ({"val": (np.arange(12), LABELS)}, "not be named 'val': .* Cure: .*val_names=True"),
        ({"monitor": "f1"}, "`monitor` must be .* Received: 'f1'"),
        ({"patience": 0}, "`patience` must be a whole number, 1 or more"),
        ({"dev": [1, 2]}, r"The set 'dev' must be Batches or a tuple .* Received: list"),
        ({"dev": Examples(["a"])}, "The set 'dev' has no labels to evaluate against"),
    ],
    ids=["no-set", "val", "monitor", "patience", "kind", "examples"],
)
def test_refusals(arguments, message):
    sets = {"dev": (np.arange(12), LABELS)} if arguments else {}
    with pytest.raises(KbertError, match=message):
        EpochEvaluation(**{**sets, **arguments})


@pytest.mark.parametrize("name", ["", 1, None, ("a", "b")])
def test_set_names_must_be_strings(name):
    with pytest.raises(KbertError, match="The name of a set must be a string .* Received: "):
        EpochEvaluation({name: (np.arange(12), LABELS)})


def test_refuses_batches_without_labels(tiny_model):
    model = tiny_model()
    store = TokenStore.build(Examples(["good"]), model.tokenizer, 16)
    with pytest.raises(KbertError, match="'dev' has no labels"):
        EpochEvaluation(dev=Batches(store))


def test_evaluations_build_trace_and_load_nothing_again(tiny_model, monkeypatch):
    counts = {"call": 0, "predict function": 0, "loads": 0}
    call, make = BertClassifier.call, keras.Model.make_predict_function

    def counted_call(self, inputs, *args, **kwargs):
        counts["call"] += 1
        return call(self, inputs, *args, **kwargs)

    def counted_make(self, force=False):
        before = self.predict_function
        result = make(self, force)
        counts["predict function"] += self.predict_function is not before
        return result

    def counted_load(*args, **kwargs):
        counts["loads"] += 1

    monkeypatch.setattr(BertClassifier, "call", counted_call)
    monkeypatch.setattr(BertClassifier, "make_predict_function", counted_make)
    monkeypatch.setattr(BertClassifier, "load_weights", counted_load)
    monkeypatch.setattr(BertClassifier, "set_weights", counted_load)
    seen = []
    for epochs in (1, 5):
        counts.update(dict.fromkeys(counts, 0))
        model = tiny_model()
        model.compile("sgd")
        examples = Examples(["good"] * 6, None, np.array([0, 1] * 3, np.int32), model.labels)
        batches = model.batches(examples, batch_size=4)
        dev = replace(examples, texts=["bad"] * 6)
        evaluation = EpochEvaluation(
            dev=model.batches(dev, batch_size=4), verbose=0, restore_best=False
        )
        counts["call"] = 0
        model.fit(batches, epochs=epochs, verbose=0, callbacks=[evaluation])
        assert len(evaluation.evaluations) == epochs
        seen.append(dict(counts))
    assert [count["predict function"] for count in seen] == [1, 1]
    assert [count["loads"] for count in seen] == [0, 0]
    if keras.backend.backend() != "torch":  # torch runs `call` for each batch; it traces nothing
        assert seen[0]["call"] == seen[1]["call"] > 0


class OneClass(keras.callbacks.Callback):
    """Makes the model predict class 2 for all rows, or the labels if `learned`, each epoch."""

    def __init__(self, learned=False):
        super().__init__()
        self.learned = learned

    def on_epoch_end(self, epoch, logs=None):
        right = logits_for(0)
        other = np.tile(np.array([0, 0, 1], "float32"), (12, 1))
        self.model.layers[-1].embeddings.assign(right if self.learned else other)


@pytest.mark.any_backend  # only the scores matter
def test_a_model_no_better_than_one_class_is_reported_at_the_end(capsys):
    for learned in (False, True):
        evaluation = EpochEvaluation(dev=(np.arange(12), LABELS), verbose=1)
        model = table_model()
        callbacks = [OneClass(learned), evaluation]
        model.fit(np.arange(12), LABELS, epochs=2, verbose=0, callbacks=callbacks)
        codes = [finding.code for finding in evaluation.findings]
        assert codes == ([] if learned else ["no-better-than-one-class"])
        printed = capsys.readouterr().out
        assert printed.count("no better than always answering the largest class") == len(codes)
