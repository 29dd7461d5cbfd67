import json

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from kbert import BertClassifier, KbertError, Tokenizer
from kbert.models.variables import assign_variables, to_arrays

pytestmark = pytest.mark.keras

BACKBONE = {
    "vocabulary_size": 6,
    "num_layers": 1,
    "num_heads": 2,
    "hidden_dim": 4,
    "intermediate_dim": 4,
    "max_sequence_length": 16,
}
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "é"]


def make_model(**arguments):
    tokenizer = Tokenizer(PIECES, lowercase=False, strip_accents=True, split_cjk=False)
    settings = {"labels": ["schlecht", "schön"], "max_length": 12, "gelu": "erf", **arguments}
    return BertClassifier(BACKBONE, tokenizer=tokenizer, **settings)


@pytest.fixture
def folder(tmp_path):
    make_model().save_to(tmp_path / "model")
    return tmp_path / "model"


def change_weights(folder, change):
    arrays = load_file(folder / "model.safetensors")
    change(arrays)
    save_file(arrays, folder / "model.safetensors")


@pytest.mark.parametrize("inside_a_run", [False, True], ids=["model-folder", "run-directory"])
def test_round_trip(tmp_path, inside_a_run):
    model = make_model(dropout=0.4)
    model.save_to(tmp_path / "model")
    loaded = BertClassifier.load(tmp_path if inside_a_run else str(tmp_path / "model"))
    assert loaded.get_config() == model.get_config()
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [
        *("config.json", "model.safetensors", "vocab.txt")
    ]
    arrays, loaded_arrays = to_arrays(model.weights), to_arrays(loaded.weights)
    assert list(arrays) == list(loaded_arrays)
    for path in arrays:
        np.testing.assert_array_equal(arrays[path], loaded_arrays[path])


def test_an_older_folder_without_a_token_count_is_read(folder):
    config = json.loads((folder / "config.json").read_text())
    assert config.pop("tokens") == len(PIECES)
    (folder / "config.json").write_text(json.dumps(config))
    assert BertClassifier.load(folder).tokenizer.vocabulary == tuple(PIECES)


def test_replaces_an_older_model(folder):
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(KbertError, match="is not a folder that contains only a model"):
        make_model(labels=["x", "y", "z"]).save_to(folder)
    (folder / "notes.txt").unlink()
    make_model(labels=["x", "y", "z"]).save_to(folder)
    assert BertClassifier.load(folder).labels.names == ("x", "y", "z")
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_weights_have_the_same_names_on_every_backend(folder):
    arrays = load_file(folder / "model.safetensors")
    assert len(arrays) == 3 + 2 + 16 + 4
    assert arrays["logits/kernel"].shape == (4, 2)
    assert arrays["transformer_layer_0/self_attention_layer/query/kernel"].shape == (4, 2, 2)
    assert {array.dtype for array in arrays.values()} == {np.dtype("float32")}


def _misshape(arrays):
    arrays["logits/kernel"] = arrays["logits/kernel"].T.copy()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("logits/bias"), r"does not fit the model: missing: logits/bias\.$"),
        (lambda a: a.update(more=np.zeros(1)), r"surplus: more\.$"),
        (_misshape, r"logits/kernel: expected \(4, 2\), received \(2, 4\)"),
        (lambda a: a.clear(), r"(missing: [^;]*; ){4}missing: [^;]* and 20 more\.$"),
    ],
    ids=["missing", "unknown", "misshapen", "many"],
)
def test_refuses_weights_that_do_not_fit(folder, change, message):
    change_weights(folder, change)
    with pytest.raises(KbertError, match=message):
        BertClassifier.load(folder)


def test_sets_all_weights_or_none():
    model, other = make_model(), make_model()
    arrays = to_arrays(other.weights)
    arrays["logits/bias"] = np.ones(3, "float32")
    before = to_arrays(model.weights)
    with pytest.raises(KbertError, match="logits/bias"):
        assign_variables(model.weights, arrays, "somewhere")
    for path, array in to_arrays(model.weights).items():
        np.testing.assert_array_equal(array, before[path])


def _write(name, text):
    return lambda folder: (folder / name).write_text(text)


def _reconfigure(**changes):
    def change(folder):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **changes}))

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_write("config.json", "{"), "config.json is not JSON"),
        (_write("config.json", "{}"), "holds a model of the type 'unknown'.*Expected a run"),
        (
            _reconfigure(format="kbert-model-9"),
            "has the format kbert-model-9, and kbert-model-1 was expected",
        ),
        (_reconfigure(depth=1), "config.json does not fit: .*'depth'"),
        (_reconfigure(labels=["x"]), "logits/kernel: expected .4, 1., received .4, 2."),
        (_write("vocab.txt", "a\n"), r"lacks \[PAD\]"),
        (
            _write("vocab.txt", "\n".join(PIECES[:-1])),
            r"vocab.txt has 5 tokens, and the model was saved with 6: the file was cut",
        ),
        (_reconfigure(tokens="6"), "has 6 tokens, and the model was saved with '6'"),
        (lambda folder: (folder / "vocab.txt").unlink(), "There is no vocabulary file"),
        (lambda folder: (folder / "model.safetensors").unlink(), "safetensors cannot be read"),
        (_write("model.safetensors", "no weights"), "safetensors cannot be read"),
        (lambda folder: (folder / "config.json").unlink(), "holds no model. Expected"),
    ],
    ids=[
        *("json", "empty", "format", "unknown", "labels", "vocabulary", "cut-vocabulary"),
        *("other-count", "no-vocabulary", "no-weights", "broken-weights", "no-config"),
    ],
)
def test_refuses_a_broken_folder(folder, change, message):
    change(folder)
    with pytest.raises(KbertError, match=message):
        BertClassifier.load(folder)


def _plain_keras(path):
    keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]).save(path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "There is no file"),
        (lambda path: path.write_text("no zip"), "cannot be loaded"),
        (_plain_keras, "holds a Sequential, not a BertClassifier"),
    ],
    ids=["none", "broken", "other-model"],
)
def test_refuses_unusable_keras_files(tmp_path, make, message):
    make(tmp_path / "model.keras")
    with pytest.raises(KbertError, match=message):
        BertClassifier.load(tmp_path / "model.keras")


def test_refuses_a_missing_path(tmp_path):
    with pytest.raises(KbertError, match="There is no file or folder .*none"):
        BertClassifier.load(tmp_path / "none")
