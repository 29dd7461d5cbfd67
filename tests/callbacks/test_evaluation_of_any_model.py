"""EpochEvaluation of any Keras model with one output: its scores match Keras's `evaluate`."""

import keras
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

from kbert import EpochEvaluation, Examples, KbertError
from kbert.models.evaluation_set import EvaluationSet

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(0)
X = RNG.normal(size=(70, 4)).astype("float32")
THREE = (X @ RNG.normal(size=(4, 3))).argmax(axis=1)
TWO = (X.sum(axis=1) > 0).astype("int64")
HOT = np.eye(3, dtype="float32")[THREE]
SPARSE = "sparse_categorical_crossentropy"
losses = keras.losses


def layers(width, activation=None, **arguments):
    last = keras.layers.Dense(width, activation=activation, **arguments)
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu"), last])


class Subclass(keras.Model):
    """A model that is built by its first batch, with a dict of one output if `named`."""

    def __init__(self, named=False):
        super().__init__()
        self.dense = keras.layers.Dense(3, "softmax")
        self.named = named

    def call(self, x):
        return {"out": self.dense(x)} if self.named else self.dense(x)


CASES = {
    "logits": lambda: (layers(3), losses.SparseCategoricalCrossentropy(from_logits=True), THREE),
    "column": lambda: (layers(3, "softmax"), SPARSE, THREE[:, None]),
    "function": lambda: (layers(3, "softmax"), losses.sparse_categorical_crossentropy, THREE),
    "float": lambda: (layers(3, "softmax"), SPARSE, THREE.astype("float64")),
    "bool": lambda: (layers(2, "softmax"), SPARSE, TWO.astype(bool)),
    "list": lambda: (layers(3, "softmax"), [SPARSE], THREE.tolist()),
    "list-of-outputs": lambda: (layers(3, "softmax"), [SPARSE], [THREE]),
    "ignore": lambda: (
        layers(3, "softmax"),
        losses.SparseCategoricalCrossentropy(False, -1),
        THREE,
    ),
    "one-hot": lambda: (layers(3, "softmax"), "categorical_crossentropy", HOT),
    "bool-one-hot": lambda: (layers(3, "softmax"), "categorical_crossentropy", HOT.astype(bool)),
    "smoothed": lambda: (
        *(layers(3), losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)),
        HOT,
    ),
    "sigmoid": lambda: (layers(1, "sigmoid"), "binary_crossentropy", TWO),
    "sigmoid-column": lambda: (
        *(layers(1, "sigmoid"), losses.BinaryCrossentropy(label_smoothing=0.2)),
        TWO[:, None].astype("float32"),
    ),
    "binary-logits": lambda: (
        *(layers(1), losses.BinaryCrossentropy(from_logits=True)),
        TWO.astype(bool),
    ),
    "sigmoids": lambda: (layers(3, "sigmoid"), losses.binary_crossentropy, HOT),
    "crossentropy": lambda: (layers(3, "softmax"), "crossentropy", THREE[:, None]),
    "crossentropy-binary": lambda: (layers(1, "sigmoid"), "crossentropy", TWO[:, None]),
    "regularized": lambda: (
        *(layers(3, "softmax", kernel_regularizer="l2", activity_regularizer="l2"), SPARSE),
        THREE,
    ),
    "bfloat16": lambda: (layers(3, "softmax", dtype="mixed_bfloat16"), SPARSE, THREE),
    "subclass": lambda: (Subclass(), SPARSE, THREE),
    "dict": lambda: (Subclass(named=True), {"out": SPARSE}, {"out": THREE}),
    "not-built": lambda: (keras.Sequential([keras.layers.Dense(3, "softmax")]), SPARSE, THREE),
}


class Keras(keras.callbacks.Callback):
    """Records what Keras's `evaluate` returns, and scikit-learn's scores of the predictions."""

    def __init__(self, labels):
        super().__init__()
        self.labels = labels
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        scores = self.model.evaluate(X, self.labels, verbose=0, return_dict=True)
        outputs = self.model.predict(X, verbose=0)
        outputs = np.asarray(outputs["out"] if isinstance(outputs, dict) else outputs, "float64")
        one = outputs.shape[1] == 1
        predicted = (outputs[:, 0] > 0.5).astype(int) if one else outputs.argmax(axis=1)
        true = THREE if outputs.shape[1] == 3 else TWO
        self.seen.append(
            {
                "loss": scores["loss"],
                "accuracy": scores["accuracy"],
                "macro_f1": f1_score(true, predicted, average="macro"),
                "mcc": matthews_corrcoef(true, predicted),
            }
        )


# Cases whose outputs or labels are other tensors of the backend.
OF_EACH_BACKEND = ("logits", "column", "list-of-outputs", "one-hot", "binary-logits", "bfloat16")
OF_EACH_BACKEND += ("not-built", "subclass")


def compiled(case, **arguments):
    keras.utils.set_random_seed(7)
    model, loss, labels = CASES[case]()
    model.compile(keras.optimizers.Adam(0.05), loss, metrics=["accuracy"], **arguments)
    return model, labels


def fit(model, labels, *callbacks, epochs=3, **sets):
    y = np.asarray(labels).reshape(-1) if isinstance(labels, list) else labels
    evaluation = EpochEvaluation(**(sets or {"dev": (X, labels)}), verbose=0)
    model.fit(X, y, epochs=epochs, verbose=0, callbacks=[*callbacks, evaluation])
    return evaluation


def assert_same(evaluation, seen):
    for scores, expected in zip(evaluation.evaluations, seen, strict=True):
        for name, value in expected.items():
            assert getattr(scores["dev"], name) == pytest.approx(value, abs=1e-6), name


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(name, marks=[] if name in OF_EACH_BACKEND else pytest.mark.any_backend)
        for name in CASES
    ],
)
def test_scores_match_keras_and_scikit_learn(case):
    model, labels = compiled(case)
    expected = Keras(np.asarray(labels).reshape(-1) if isinstance(labels, list) else labels)
    assert_same(fit(model, labels, expected), expected.seen)
    assert len({scores["loss"] for scores in expected.seen}) == 3


@pytest.mark.any_backend  # it scales a number that is compared above
def test_loss_weights_are_applied():
    model, labels = compiled("column", loss_weights=2.0)
    expected = Keras(labels)
    assert_same(fit(model, labels, expected), expected.seen)


def test_probabilities_beyond_float32():
    """On TensorFlow, Keras uses the logits of a softmax or sigmoid; elsewhere it clips."""
    for width, activation, loss, labels in (
        (3, "softmax", SPARSE, THREE),
        (1, "sigmoid", "binary_crossentropy", TWO),
    ):
        model = layers(width, activation)
        model.compile(keras.optimizers.SGD(0.0), loss, metrics=["accuracy"])
        model.set_weights([weights * 60 for weights in model.get_weights()])
        expected = Keras(labels)
        assert_same(fit(model, labels, expected, epochs=1), expected.seen)


@pytest.mark.any_backend  # only the labels matter
def test_the_best_epoch_is_restored_with_column_labels():
    """In 0.1 the accuracy with labels of shape [rows, 1] was that of another row."""
    model, labels = compiled("column")
    evaluation = fit(model, labels, epochs=8)
    accuracies = [scores["dev"].accuracy for scores in evaluation.evaluations]
    assert evaluation.best_epoch == int(np.argmax(accuracies))
    predicted = model.predict(X, verbose=0).argmax(axis=1)
    assert accuracy_score(THREE, predicted) == pytest.approx(max(accuracies))


def test_evaluating_inside_an_epoch_changes_neither_metrics_nor_weights():
    histories = []
    for every_steps in (None, 1):
        model, labels = compiled("column")
        callbacks = []
        if every_steps:
            callbacks = [EpochEvaluation(dev=(X, labels), every_steps=every_steps, verbose=0)]
        histories.append(model.fit(X, labels, epochs=2, verbose=0, callbacks=callbacks).history)
    for name in ("loss", "accuracy"):
        assert histories[0][name] == histories[1][name]


@pytest.mark.any_backend  # Keras counts the same on each
@pytest.mark.parametrize(("threshold", "is_told"), [(0.0, False), (None, True)])
def test_logits_of_two_classes(threshold, is_told, capsys):
    """Keras's "accuracy" compares even logits with 0.5; the scores do the same, and say so."""
    keras.utils.set_random_seed(7)
    model = layers(1)
    metrics = ["accuracy"]
    if threshold is not None:
        metrics = [keras.metrics.BinaryAccuracy("accuracy", threshold=threshold)]
    loss = losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.0), loss, metrics=metrics)
    evaluation = EpochEvaluation(dev=(X, TWO))
    model.fit(X, TWO, epochs=2, verbose=0, callbacks=[evaluation])
    logits = model.predict(X, verbose=0)[:, 0]
    accuracies = [accuracy_score(TWO, logits > t) for t in (0.0, 0.5)]
    assert accuracies[0] != accuracies[1]
    assert evaluation.best["dev"].accuracy == pytest.approx(accuracies[is_told])
    assert capsys.readouterr().out.count("counts logits above 0.5 as class 1") == is_told


@pytest.mark.any_backend  # only the scores matter
def test_without_a_metric_the_threshold_is_probability_half():
    model = layers(1)
    model.compile("sgd", losses.BinaryCrossentropy(from_logits=True))
    evaluation = fit(model, TWO, epochs=1)
    logits = model.predict(X, verbose=0)[:, 0]
    assert evaluation.best["dev"].accuracy == pytest.approx(accuracy_score(TWO, logits > 0))
    assert [score.label for score in evaluation.best["dev"].classes] == ["0", "1"]


@pytest.mark.any_backend  # only the labels matter
def test_a_classifier_accepts_labels_of_any_form(tiny_model):
    """Its outputs are logits, whatever it is compiled with."""
    model = tiny_model()
    model.compile("sgd")
    ids = np.array([0, 1, 1, 0, 1], np.int32)
    texts = ["good", "bad", "a film", "no", "so so"]
    batches = model.batches(Examples(texts, None, ids, model.labels), batch_size=5)
    inputs = batches[0][0]
    expected = model.evaluate(inputs, ids, verbose=0, return_dict=True)["loss"]
    found = []
    forms = (
        ids,
        ids[:, None],
        ids.astype(bool),
        ids * 1.0,
        np.eye(2)[ids],
        np.eye(2, dtype=bool)[ids],
    )
    for labels in (*forms, ids.tolist()):
        evaluation = EpochEvaluation(dev=(inputs, labels), verbose=0)
        evaluation.set_model(model)
        evaluation.on_train_begin()
        evaluation.on_epoch_end(0)
        found.append(evaluation.best["dev"])
    assert found == [found[0]] * 7
    assert found[0].loss == pytest.approx(expected, abs=1e-6)
    for labels in (ids - 1, ids + 1, ids + 0.5, np.eye(3)[ids]):
        evaluation = EpochEvaluation(dev=(inputs, labels))
        evaluation.set_model(model)
        with pytest.raises(KbertError, match="The labels of the set 'dev' must"):
            evaluation.on_train_begin()


@pytest.mark.any_backend  # the model turns them into numbers
def test_texts_as_inputs():
    """As in a keras-hub task, whose `predict` and `evaluate` tokenize."""

    class Lengths(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, x):
            return self.dense(x)

        def predict(self, x, **kwargs):
            return super().predict(self.numbers(x), **kwargs)

        def evaluate(self, x, y, **kwargs):
            return super().evaluate(self.numbers(x), y, **kwargs)

        def numbers(self, texts):
            return np.array([[len(text), text.count("a")] for text in texts], "float32")

    texts = ["a", "bb", "a cat", "dogs"]
    model = Lengths()
    model.compile("sgd", losses.SparseCategoricalCrossentropy(from_logits=True))
    labels = np.array([0, 1, 0, 1])
    evaluation = EpochEvaluation(dev=(texts, labels), verbose=0)
    model.fit(model.numbers(texts), labels, verbose=0, callbacks=[evaluation])
    expected = model.evaluate(texts, labels, verbose=0)
    assert evaluation.best["dev"].loss == pytest.approx(expected, abs=1e-6)
    with pytest.raises(KbertError, match="3 labels, and 4 rows"):
        EvaluationSet.from_data("dev", (texts, labels[:3])).check_rows()


def several_outputs():
    inputs = keras.Input((4,))
    return keras.Model(inputs, [keras.layers.Dense(3)(inputs), keras.layers.Dense(3)(inputs)])


def sequence():
    softmax = keras.layers.Dense(3, "softmax")
    return keras.Sequential([keras.Input((4,)), keras.layers.RepeatVector(5), softmax])


def changed(labels, row, value):
    labels = labels.copy()
    labels[row] = value
    return labels


class OwnLoss(losses.CategoricalCrossentropy):
    def call(self, y_true, y_pred):
        return keras.ops.mean(y_pred, axis=-1)


REFUSED = {
    "outputs": (several_outputs, SPARSE, THREE, "The model has 2 outputs"),
    "shape": (sequence, SPARSE, THREE, r"output has the shape \['rows', 5, 3\]"),
    "mse": (lambda: layers(1), "mse", TWO, "the loss mse. Scores need one output"),
    "function": (lambda: layers(3), lambda t, p: keras.ops.mean(p, -1), THREE, "<lambda>"),
    "subclass": (lambda: layers(3, "softmax"), OwnLoss(), HOT, "the loss own_loss|categorical"),
    "focal": (lambda: layers(3), losses.CategoricalFocalCrossentropy(), HOT, "focal"),
    "hinge": (lambda: layers(1), "hinge", TWO * 2 - 1, "the loss hinge"),
    "one-column": (lambda: layers(1), SPARSE, TWO * 0, "an output of 1 column"),
    "none": (lambda: layers(3), SPARSE, changed(THREE, 7, -1), "Received: -1 in row 7, 1 such"),
    "classes": (lambda: layers(3), SPARSE, THREE + 1, "whole numbers from 0 to 2. Received: 3"),
    "nan": (lambda: layers(3), SPARSE, changed(THREE / 1.0, 4, np.nan), "Received: nan in row 4"),
    "fraction": (lambda: layers(3), SPARSE, THREE + 0.5, "whole numbers .* 70 such rows"),
    "ignored": (
        *(lambda: layers(3), losses.SparseCategoricalCrossentropy(ignore_class=-1)),
        *(changed(THREE, 7, -1), "Received: -1"),
    ),
    "minus-one": (lambda: layers(1), "binary_crossentropy", TWO * 2 - 1, "from 0 to 1. .* -1"),
    "soft": (lambda: layers(1), "binary_crossentropy", TWO * 0.9, "from 0 to 1. Received: 0.9"),
    "several": (lambda: layers(3), "binary_crossentropy", HOT * 0 + 1, r"one-hot.*\[1.0, 1.0, 1.0"),
    "numbers": (lambda: layers(3), "categorical_crossentropy", THREE, r"shape \[rows, 3\].*\[70\]"),
    "smooth": (lambda: layers(3), "categorical_crossentropy", HOT * 0.7 + 0.1, "one-hot"),
    "columns": (lambda: layers(3), SPARSE, HOT, r"shape \[rows\] or \[rows, 1\].*\[70, 3\]"),
    "texts": (lambda: layers(3), SPARSE, np.array(["a"] * 70), "must be numbers. .* <U1"),
    "objects": (lambda: layers(3), SPARSE, np.array([None] * 70), "must be numbers. .* object"),
    "fewer": (lambda: layers(3), SPARSE, THREE[:50], "50 labels, and 70 rows"),
    "no-rows": (lambda: layers(3), SPARSE, THREE[:0], "'dev' has no rows"),
    "unbuilt": (lambda: keras.Sequential([keras.layers.Dense(3)]), SPARSE, THREE + 1, "to 2"),
}


class Updates(keras.callbacks.Callback):
    """Counts the batches that are trained."""

    batches = 0

    def on_train_batch_begin(self, batch, logs=None):
        self.batches += 1


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_what_cannot_be_scored_before_the_first_update(case):
    make, loss, labels, message = REFUSED[case]
    model = make()
    model.compile("sgd", loss)
    updates = Updates()
    one_hot = loss == "categorical_crossentropy" or isinstance(
        loss, losses.CategoricalCrossentropy | losses.CategoricalFocalCrossentropy
    )
    y = HOT if one_hot or case == "several" else THREE
    y = TWO if model.built and model.outputs[0].shape[-1] == 1 else y
    y = [THREE, THREE] if case == "outputs" else y
    y = np.repeat(THREE[:, None], 5, 1) if case == "shape" else y
    with pytest.raises(KbertError, match=message):
        model.fit(
            *(X, y),
            verbose=0,
            callbacks=[updates, EpochEvaluation(dev=(X, labels), verbose=0)],
        )
    assert updates.batches == 0


def test_a_model_without_a_loss_is_refused():
    model = layers(3)
    model.compile("sgd")
    evaluation = EpochEvaluation(dev=(X, THREE))
    evaluation.set_model(model)
    with pytest.raises(KbertError, match="compiled with 0 losses"):
        evaluation.on_train_begin()


def test_a_model_that_cannot_be_saved_is_refused(tmp_path):
    model, labels = compiled("column")
    evaluation = EpochEvaluation(dev=(X, labels), model_folder=tmp_path / "model")
    with pytest.raises(KbertError, match="`model_folder` needs a BertClassifier"):
        model.fit(X, labels, verbose=0, callbacks=[evaluation])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((X, THREE, np.ones(70), X), "Received: tuple of 4"),
        ((X, THREE, np.ones(69)), "69"),
        ((X,), "Received: tuple of 1"),
        (X, "Received: ndarray"),
        ((X, 3), "must be one array. Received: int"),
        ((X, [[1], [1, 2]]), "must be one array. Received: list"),
        ((X, {"a": THREE, "b": THREE}), "must be one array. Received: dict"),
    ],
    ids=["four", "weights", "no-labels", "array", "number", "ragged", "two-outputs"],
)
def test_invalid_data_are_refused_at_once(data, message):
    with pytest.raises(KbertError, match=f"'dev' .*{message}|{message}"):
        EpochEvaluation(dev=data)


def test_input_arrays_must_have_the_same_number_of_rows():
    inputs = {"a": X, "b": X[:60]}
    with pytest.raises(KbertError, match="70 labels, and 60 and 70 rows"):
        EvaluationSet.from_data("dev", (inputs, THREE)).check_rows()


@pytest.mark.any_backend  # only the names matter
@pytest.mark.parametrize("name", ["folder", "monitor", "sets", "epoch", "step", "valid"])
def test_sets_can_have_any_name(name, tmp_path):
    model, labels = compiled("column")
    evaluation = EpochEvaluation({name: (X, labels)}, folder=tmp_path, verbose=0, dev=(X, labels))
    history = model.fit(X, labels, epochs=2, verbose=0, callbacks=[evaluation]).history
    assert history[f"{name}_accuracy"] == history["dev_accuracy"]
    other = EpochEvaluation({name: (X, labels)}, dev=(X, labels))
    other.set_model(model)
    other.resume_at(evaluation.history.to_dict())
    assert other.history.records == evaluation.history.records


def test_sets_must_be_a_dict_and_named_once():
    for wrong in ({"sets": {"dev": (X, THREE)}}, {"sets": [1]}):
        with pytest.raises(KbertError, match="must be a dict of sets"):
            EpochEvaluation(wrong["sets"], dev=(X, THREE))


@pytest.mark.parametrize("case", ["logits", "binary-logits"])
def test_outputs_with_nan_are_refused(case):
    model, loss, labels = CASES[case]()
    model.compile("sgd", loss)
    model.layers[-1].set_weights([np.full_like(w, np.nan) for w in model.layers[-1].get_weights()])
    evaluation = EpochEvaluation(dev=(X, labels), verbose=0)
    with pytest.raises(
        KbertError, match="NaN or infinite numbers for 32 of 32 first rows of the set"
    ):
        model.fit(X, labels, verbose=0, callbacks=[evaluation])
    assert evaluation.evaluations == []


class OwnTestStep(Subclass):
    """A model that evaluates itself, and calls its loss by another name."""

    def test_step(self, *state_and_data):
        *state, data = state_and_data  # on JAX the state comes first
        logs = {"own": keras.ops.mean(keras.ops.cast(data[1], "float32"))}
        return (logs, *state) if keras.backend.backend() == "jax" else logs


NOT_TAKEN = {
    "columns": (
        lambda: layers(3, "softmax"),
        X[:, :3],
        X,
        r"cannot evaluate the set 'dev': .*expected",
    ),
    "names": (lambda: layers(3, "softmax"), {"x": X}, X, "cannot evaluate the set 'dev': "),
    "objects": (lambda: layers(3, "softmax"), X.astype(object), X, "cannot evaluate the set 'dev'"),
    "lists": (lambda: layers(3, "softmax"), X.tolist(), X, "must be arrays.* list. Cure: numpy"),
    "generator": (lambda: layers(3, "softmax"), (x for x in X), X, "must be arrays.* generator"),
    "none": (lambda: layers(3, "softmax"), None, X, "must be arrays, or texts. .* NoneType"),
    "test-step": (OwnTestStep, X, X, "must return its loss as 'loss'. Received: 'own'"),
}


@pytest.mark.parametrize("case", NOT_TAKEN)
def test_rows_the_model_cannot_take_are_refused_before_an_update(case):
    make, inputs, x, message = NOT_TAKEN[case]
    model = make()
    model.compile("sgd", SPARSE)
    updates = Updates()
    evaluation = EpochEvaluation(dev=(inputs, THREE), verbose=0)
    with pytest.raises(KbertError, match=message) as error:
        model.fit(x, THREE, verbose=0, callbacks=[updates, evaluation])
    assert updates.batches == 0
    assert "\x1b" not in str(error.value)


def test_a_tf_data_set_is_refused_with_a_cure_that_works():
    tf = pytest.importorskip("tensorflow")
    dataset = tf.data.Dataset.from_tensor_slices((X, THREE)).batch(8)
    with pytest.raises(KbertError, match="The set 'dev' must be Batches or a tuple") as refusal:
        EpochEvaluation(dev=dataset)
    cure = refusal.value.cure
    assert cure.otherwise[0].code == "fit(..., validation_data=...)"
    evaluation = eval(cure.code, {"EpochEvaluation": EpochEvaluation, "dataset": dataset})
    model = layers(3, "softmax")
    model.compile("sgd", SPARSE, metrics=["accuracy"])
    model.fit(X, THREE, verbose=0, callbacks=[evaluation])
    expected = model.evaluate(dataset, verbose=0, return_dict=True)["accuracy"]
    assert evaluation.best["dev"].accuracy == pytest.approx(expected)


def test_a_py_dataset_is_refused_with_a_cure():
    class Set(keras.utils.PyDataset):
        def __len__(self):
            return 1

    with pytest.raises(KbertError, match=r"Received: Set. Cure: EpochEvaluation\(dev=\(x, labels"):
        EpochEvaluation(dev=Set())
