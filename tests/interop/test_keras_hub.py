"""Folders written by keras-hub's text classifiers, against what keras-hub computes from them."""

import json

import h5py
import keras
import keras_hub
import numpy as np
import pytest

from kbert import BertClassifier, KbertError
from kbert.cli.main import main
from kbert.interop.keras_hub import read_keras_hub
from kbert.interop.sources import find_source
from kbert.models.build_classifier import build_classifier
from kbert.models.import_model import import_model
from kbert.results.evaluation import softmax
from kbert.targets.multi import Multi
from kbert.targets.regression import Regression

pytestmark = pytest.mark.keras

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"aeé!", "movie", "good", "bad", "##ly"]
SIZES = {
    **{"vocabulary_size": len(PIECES), "num_layers": 3, "num_heads": 2, "hidden_dim": 8},
    **{"intermediate_dim": 16, "max_sequence_length": 32, "num_segments": 2},
}
TEXTS = ["a good movie!", "bad", "goodly badly é e, movie movie movie movie movie movie movie"]
LABELS = ["bad", "good", "so so"]


def task_of(activation=None, dtype=None, classes=3):
    """Return a task with random weights, including biases and norms."""
    keras.utils.set_random_seed(1)
    backbone = keras_hub.models.BertBackbone(**SIZES, dtype=dtype)
    tokenizer = keras_hub.models.BertTokenizer(vocabulary=PIECES, lowercase=True)
    preprocessor = keras_hub.models.BertTextClassifierPreprocessor(tokenizer, sequence_length=12)
    task = keras_hub.models.BertTextClassifier(
        backbone, classes, preprocessor=preprocessor, activation=activation, dropout=0.3
    )
    random = np.random.default_rng(0)
    for weight in task.weights:
        weight.assign(weight + random.normal(0, 0.3, weight.shape))
    return task


@pytest.fixture(scope="module")
def task():
    return task_of()


@pytest.fixture
def folder(task, tmp_path):
    task.save_to_preset(str(tmp_path / "task"))
    return tmp_path / "task"


@pytest.mark.parametrize(
    "activation", [None, pytest.param("softmax", marks=pytest.mark.any_backend)]
)
def test_probabilities_are_those_of_keras_hub(activation, tmp_path):
    task = task_of(activation)
    task.save_to_preset(str(tmp_path / "task"))
    source = read_keras_hub(tmp_path / "task")
    assert (source.classes, source.labels, source.dropout, source.max_length) == (3, None, 0.3, 12)
    model = build_classifier(BertClassifier, source, LABELS)
    expected = np.asarray(task.predict(TEXTS, verbose=0))
    expected = expected if activation else softmax(expected)
    inputs = task.preprocessor(TEXTS)
    inputs = {name: keras.ops.convert_to_numpy(value) for name, value in inputs.items()}
    found = softmax(model.predict(inputs, verbose=0))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(model.predict_proba(TEXTS), expected, atol=1e-5)


@pytest.mark.any_backend  # a matter of files
@pytest.mark.parametrize(
    ("activation", "classes", "target"),
    [("sigmoid", 3, Multi()), ("sigmoid", 1, Multi()), (None, 1, Regression())],
)
def test_multi_label_and_regression_tasks(activation, classes, target, tmp_path):
    task = task_of(activation, classes=classes)
    task.save_to_preset(str(tmp_path / "task"))
    assert find_source(tmp_path / "task").target() == target
    model = build_classifier(BertClassifier, read_keras_hub(tmp_path / "task"), LABELS[:classes])
    assert model.target == target
    expected = np.asarray(task.predict(TEXTS, verbose=0))
    np.testing.assert_allclose(model.predict_proba(TEXTS), expected, atol=1e-5)


@pytest.mark.any_backend  # the weights are the same on every backend
@pytest.mark.filterwarnings("ignore:.shuffle=True. was passed:UserWarning")
def test_weights_after_a_fit_in_bfloat16(tmp_path):
    task = task_of(dtype="bfloat16")
    task.fit(TEXTS, [0, 1, 2], verbose=0)
    task.save_to_preset(str(tmp_path / "task"))
    source = read_keras_hub(tmp_path / "task")
    for name, variable in (
        ("logits/kernel", task.get_layer("logits").kernel),
        ("token_embedding/embeddings", task.backbone.token_embedding.embeddings),
    ):
        expected = keras.ops.convert_to_numpy(keras.ops.cast(variable, "float32"))
        np.testing.assert_array_equal(source.arrays[name], expected)


@pytest.mark.any_backend  # a matter of files
def test_import_and_from_preset(task, folder, tmp_path, capsys):
    path = import_model(folder, tmp_path / "model", labels=LABELS)
    assert capsys.readouterr().out.splitlines()[0] == f"{folder} is a keras-hub BertTextClassifier."
    model = BertClassifier.load(path)
    assert (model.labels.names, model.max_length, model.dropout) == (tuple(LABELS), 12, 0.3)
    expected = softmax(np.asarray(task.predict(TEXTS, verbose=0)))
    np.testing.assert_allclose(model.predict_proba(TEXTS), expected, atol=1e-5)
    own = BertClassifier.from_preset(str(folder), LABELS, head="preset")
    np.testing.assert_allclose(own.predict_proba(TEXTS), expected, atol=1e-5)
    new = BertClassifier.from_preset(str(folder), ["a", "b"])
    assert (new.labels.names, new.max_length, new.dropout) == (("a", "b"), 32, 0.1)
    for one, other in zip(new.backbone.weights, own.backbone.weights, strict=True):
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (one, other)))


def test_a_backbone_becomes_a_preset(task, tmp_path):
    task.backbone.save_to_preset(str(tmp_path / "backbone"))
    task.preprocessor.tokenizer.save_to_preset(str(tmp_path / "backbone"))
    path = import_model(tmp_path / "backbone", tmp_path / "out", verbose=0)
    one, other = (find_source(str(f)).read() for f in (tmp_path / "backbone", path))
    assert one.classes == other.classes == 0
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, other.arrays[name])


def test_accents_follow_the_file_only_with_the_head(folder):
    change(folder / "tokenizer.json", lowercase=True, strip_accents=False)
    assert read_keras_hub(folder).tokenizer.tokenize("É") == ["é"]
    assert find_source(str(folder)).tokenizer().tokenize("É") == ["e"]


def change(file, **changes):
    saved = json.loads(file.read_text())
    saved["config"].update(changes)
    file.write_text(json.dumps(saved))


def renamed(name, kind):
    def rename(folder):
        saved = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps({**saved, "class_name": kind}))

    return rename


def config(name, **changes):
    return lambda folder: change(folder / name, **changes)


def weights(name, edit):
    def edited(folder):
        with h5py.File(folder / name, "a") as file:
            edit(file)

    return edited


def misshape(path, shape):
    def edit(file):
        del file[path]
        file[path] = np.zeros(shape, "float32")

    return edit


def remove(path):
    return lambda file: file.__delitem__(path)


KERNEL = "layers/transformer_encoder_2/_feedforward_output_dense/vars/0"
FAULTS = {
    "other task": (renamed("task.json", "BertMaskedLM"), "task.json holds a BertMaskedLM; of"),
    "object": (renamed("task.json", {"a": [1]}), r"task.json holds a \{'a': \[1\]\}; of keras"),
    "other backbone": (
        renamed("config.json", "RobertaBackbone"),
        "holds a model of the type 'RobertaBackbone'; kbert supports only BERT",
    ),
    "classes": (config("task.json", num_classes=4), r"expected \(8, 4\), received \(8, 3\)"),
    "no class": (config("task.json", num_classes=0), "from 1 to 1,000,000. Received: 0"),
    "one class": (
        config("task.json", num_classes=1, activation="softmax"),
        "a softmax over one class predicts nothing",
    ),
    "text": (config("task.json", num_classes="3"), "num_classes must be .* Received: '3'"),
    "many": (config("task.json", num_classes=10**9), "num_classes must be"),
    "tanh": (config("task.json", activation="tanh"), "must be softmax or none, for one label per"),
    "dropout": (config("task.json", dropout=[]), "dropout must be"),
    "length": (config("preprocessor.json", sequence_length="9"), "sequence_length must be a whole"),
    "tokenizer": (config("tokenizer.json", suffix_indicator="@@"), "suffix_indicator must be '##'"),
    "no head": (lambda folder: (folder / "task.weights.h5").unlink(), "holds no weights .task.w"),
    "broken": (lambda folder: (folder / "task.weights.h5").write_bytes(b"x"), "cannot be read"),
    "missing": (
        weights("model.weights.h5", remove(KERNEL)),
        f"missing: {KERNEL.replace('_f', 'f')}",
    ),
    "surplus": (
        weights("model.weights.h5", lambda file: file.update({"layers/x/vars/0": np.ones(2)})),
        "surplus: layers/x/vars/0",
    ),
    "misshapen": (
        weights("model.weights.h5", misshape(KERNEL, (8, 16))),
        r"output_dense/vars/0: expected \(16, 8\), received \(8, 16\)",
    ),
    "missing head": (
        weights("task.weights.h5", remove("layers/dense/vars/1")),
        "task.weights.h5 .* missing: layers/dense/vars/1",
    ),
    "surplus head": (
        weights("task.weights.h5", lambda file: file.update({"layers/more/vars/0": np.ones(2)})),
        "surplus: layers/more/vars/0",
    ),
    "whole numbers": (
        weights("task.weights.h5", lambda f: f.update({"layers/dense/vars/1": np.ones(3, int)})),
        "holds int64; floats were expected",
    ),
    "few pieces": (
        lambda folder: (folder / "assets/tokenizer/vocabulary.txt").write_text("a\n"),
        r"vocabulary.txt: The vocabulary of 1 piece lacks \[PAD\]",
    ),
    "many pieces": (
        lambda folder: (folder / "assets/tokenizer/vocabulary.txt").write_text(
            "\n".join([*PIECES, "x", "y"])
        ),
        "task: its tokenizer has 15 pieces but its table of embeddings 13 rows",
    ),
}


@pytest.mark.parametrize(("fault", "message"), FAULTS.values(), ids=FAULTS)
def test_broken_tasks_are_refused(fault, message, folder, tmp_path, capsys):
    if fault is FAULTS["whole numbers"][0]:
        weights("task.weights.h5", remove("layers/dense/vars/1"))(folder)
    fault(folder)
    output = tmp_path / "out"
    with pytest.raises(KbertError, match=message) as refusal:
        import_model(folder, output, labels=LABELS, verbose=0)
    assert not output.exists()
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("labels", "received"), [((), "Received: no names"), (("bad", "good"), "2: bad, good")]
)
def test_import_refuses_missing_or_too_few_labels(labels, received, folder, tmp_path, capsys):
    command = ["import", folder, "--output", tmp_path / "out"]
    if labels:
        command += ["--labels", *labels]
    with pytest.raises(SystemExit) as left:
        main([str(part) for part in command])
    said = capsys.readouterr().err
    assert (left.value.code, received in said, "Traceback" in said) == (2, True, False)


def test_missing_label_names_come_with_a_cure(folder):
    with pytest.raises(
        KbertError, match=r"Received: no names. To name them: kbert.import_model.*labels="
    ):
        BertClassifier.from_preset(str(folder))
