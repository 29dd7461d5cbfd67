"""Untrusted run directories, model folders and .keras files. Each backend runs this."""

import contextlib
import io
import json
import os
import shutil
import sys
import zipfile

import h5py
import keras
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbert import BertClassifier, KbertError, Tokenizer
from kbert.interop import kbert_model
from kbert.interop.sources import find_source

pytestmark = pytest.mark.keras

BACKBONE = {
    "vocabulary_size": 6,
    "num_layers": 1,
    "num_heads": 2,
    "hidden_dim": 4,
    "intermediate_dim": 4,
    "max_sequence_length": 16,
}
LABELS = ["../../etc/passwd", "\x1b[31m\r\n\u202e/"]
FILES = ["config.json", "model.safetensors", "vocab.txt"]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A run directory with a model, and the same model as a .keras file."""
    folder = tmp_path_factory.mktemp("saved")
    tokenizer = Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "é"])
    model = BertClassifier(BACKBONE, LABELS, tokenizer, max_length=12)
    model.compile(optimizer="sgd")
    model.save_to(folder / "run" / "model")
    model.save(folder / "model.keras")
    return folder


@pytest.fixture
def run(saved, tmp_path):
    shutil.copytree(saved / "run", tmp_path / "run")
    return tmp_path / "run"


def refused(path, message):
    """Check the refusal, which must come before a model is made or an array is read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BertClassifier, "__init__", None)
        patch.setattr(kbert_model, "load_file", None)
        patch.setattr(keras.models, "load_model", None)
        with pytest.raises(KbertError, match=message):
            BertClassifier.load(path)


def test_labels_are_just_text(saved):
    assert BertClassifier.load(saved / "run").labels.names == tuple(LABELS)
    model = BertClassifier.load(saved / "model.keras")
    assert model.labels.names == tuple(LABELS)
    assert model.compiled


@pytest.mark.parametrize("name", FILES)
def test_a_pickle_under_another_name(name, run, payload):
    (run / "model" / name).write_bytes(payload)
    refused(run, name)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("folder", ["run", "run/model"])
def test_a_link_out_of_the_folder(name, folder, run, outside):
    (run / "model" / name).unlink()
    (run / "model" / name).symlink_to(outside)
    refused(run.parent / folder, f"{name} leads to .*secret.txt, but nothing outside")


def test_a_folder_that_is_a_link(run):
    (run / "model").rename(run.parent / "elsewhere")
    (run / "model").symlink_to("../elsewhere")
    refused(run, "config.json leads to ")


@pytest.mark.parametrize("name", FILES[1:])
def test_a_pipe_in_the_folder(name, run):
    (run / "model" / name).unlink()
    os.mkfifo(run / "model" / name)
    refused(run, f"{name} is a device or a pipe")


@pytest.mark.parametrize(
    "name", ["model.h5", "model.hdf5", "model.npz", "pytorch_model.bin", "model.pt", "a.pkl"]
)
def test_other_files_are_refused_by_name(name, tmp_path, payload):
    (tmp_path / name).write_bytes(payload)
    refused(tmp_path / name, f"{name} is a file. Expected a run of kbert")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": {**BACKBONE, "hidden_dim": 10**9}}, "hidden_dim must be"),
        ({"backbone": {**BACKBONE, "num_layers": 10**6}}, "num_layers must be"),
        ({"backbone": {**BACKBONE, "vocabulary_size": 10**7}}, "does not fit the model: its conf"),
        ({"backbone": {**BACKBONE, "num_layers": 999}}, "in 999 layers, but the file holds 270"),
        ({"labels": "ab"}, "labels must be a list of strings"),
        ({"dtype": {"class_name": "DTypePolicyMap", "config": {}}}, "dtype must be a string"),
        ({"tokenizer": {"vocabulary": ["x"]}}, "the tokenizer in config.json does not fit"),
        ({"tokenizer": {"lowercase": "x"}}, "true, false or null. Received: 'x'"),
        ({"dropout": float("nan")}, "NaN, which is not a number"),
        ({"frozen": "logits"}, "frozen must be a list of strings. Received: 'logits'"),
        ({"pooling": ["mean"]}, r"pooling must be cls or mean. Received: \['mean'\]"),
    ],
    ids=[
        "hidden",
        "layers",
        "vocabulary",
        "many-layers",
        "labels",
        "dtype",
        "twice",
        "bool",
        "nan",
        "frozen",
        "pooling",
    ],
)
def test_an_absurd_configuration(changes, message, run):
    path = run / "model" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    refused(run, message)


def rewrite(saved, path, change_config=None, weights=None):
    """Write the .keras file with another configuration or other weights."""
    with zipfile.ZipFile(saved / "model.keras") as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    if change_config is not None:
        config = json.loads(entries["config.json"])
        change_config(config)
        entries["config.json"] = json.dumps(config).encode()
    if weights is not None:
        entries["model.weights.h5"] = weights
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def _object(module, name, config=None, registered=None):
    return {
        "module": module,
        "class_name": name,
        "config": {} if config is None else config,
        "registered_name": registered,
    }


OBJECTS = {
    "system": _object("os", "system", {"command": "true"}),
    "lambda": _object("builtins", "__lambda__", {"value": ["4wAA", None, None]}),
    "Lambda layer": _object("keras.layers", "Lambda", {"function": "x"}),
    "eval": _object("builtins", "function", "eval"),
    "import": _object("hostile_module", "Hostile"),
    "import of keras": _object("keras.src.hostile", "Hostile"),
    "torch": _object("keras.layers", "TorchModuleWrapper", {"module": "gA=="}),
    "savedmodel": _object("keras.layers", "TFSMLayer", {"filepath": "/tmp"}),
    "lookup": _object("keras.layers", "StringLookup", {"vocabulary": "/etc/passwd"}),
    "tokenizer": _object("keras.losses", "X", {}, "keras_hub>BertTokenizer"),
    "file": _object("keras.utils", "get_file", {"origin": "http://localhost"}),
    "list": _object("keras.losses", "X", {}, ["x"]),
}


@pytest.mark.parametrize("hostile", OBJECTS.values(), ids=OBJECTS)
def test_other_objects_are_refused(hostile, saved, tmp_path, monkeypatch):
    (tmp_path / "hostile_module.py").write_text("raise SystemExit('the module was imported')")
    monkeypatch.syspath_prepend(tmp_path)
    for change in (
        lambda config: config["compile_config"].update(loss=hostile),
        lambda config: config["compile_config"].update(metrics=[[{"x": hostile}]]),
        lambda config: config["config"].update(extra=hostile),
        lambda config: config.update(build_config=hostile),
    ):
        path = rewrite(saved, tmp_path / "model.keras", change)
        refused(path, "names the object .*which is refused")
    assert "hostile_module" not in sys.modules


@keras.saving.register_keras_serializable("mine")
def own_score(truth, prediction):
    return keras.ops.sum(prediction)


def test_common_objects_are_accepted(saved, tmp_path):
    def change(config):
        config["compile_config"]["loss"] = _object("builtins", "function", "mean_squared_error")
        config["compile_config"]["metrics"] = [
            _object("keras.metrics", "SparseCategoricalAccuracy", {"name": "a"}),
            _object("builtins", "function", "mine>own_score", "mine>own_score"),
        ]

    BertClassifier.load(rewrite(saved, tmp_path / "model.keras", change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(registered_name=None), "holds a BertClassifier, not a BertClassifier"),
        (lambda c: c.update(_object("keras", "Sequential")), "holds a Sequential, not a Bert"),
        (lambda c: c.update(config=[1]), "a model's settings were expected"),
        (lambda c: c["config"].pop("backbone"), "a backbone's sizes were expected"),
        (lambda c: c["config"]["backbone"].update(vocabulary_size=10**7), "asks for"),
        (lambda c: c["config"].update(dtype=OBJECTS["system"]), "dtype must be a string"),
    ],
    ids=["name", "other", "list", "nothing", "size", "dtype"],
)
def test_other_configurations_are_refused(change, message, saved, tmp_path):
    refused(rewrite(saved, tmp_path / "model.keras", change), message)


def _weights(saved, change):
    with zipfile.ZipFile(saved / "model.keras") as archive:
        buffer = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(buffer, "a") as file:
        change(file)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "link", [h5py.ExternalLink("/etc/passwd", "/x"), h5py.SoftLink("/layers/dense/vars/1")]
)
def test_weights_that_lead_elsewhere(link, saved, tmp_path):
    def change(file):
        del file["layers/dense/vars/1"]
        file["layers/dense/vars/1"] = link

    path = rewrite(saved, tmp_path / "model.keras", weights=_weights(saved, change))
    refused(path, "vars/1' is a link")


def test_a_lambda_layer_of_keras(tmp_path):
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((1,)), keras.layers.Lambda(lambda x: x)]).save(path)
    refused(path, "holds a Sequential, not a BertClassifier")


def _mutate(data, at, new):
    at = at % (len(data) + 1)
    return data[:at] + new + data[at + len(new) :]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(FILES),
    st.integers(0, 10**5),
    st.binary(max_size=4) | st.sampled_from([b"", b"9" * 12, b"[" * 99, b"null", b"-", b"{}"]),
)
def test_mutated_model_folders(run, name, at, new):
    file = run / "model" / name
    before = file.read_bytes()
    try:
        file.write_bytes(_mutate(before, at, new))
        find_source(run).read()
    except KbertError:
        pass
    finally:
        file.write_bytes(before)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=8))
def test_mutated_keras_files(saved, tmp_path, at, new):
    path = tmp_path / "model.keras"
    path.write_bytes(_mutate((saved / "model.keras").read_bytes(), at, new))
    with contextlib.suppress(KbertError):
        BertClassifier.load(path)
