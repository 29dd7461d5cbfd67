"""A trained model exported as a program that needs no Keras, on whichever backend can write it."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import kbert
from kbert import BertClassifier, KbertError, Predictor, read_examples
from kbert.errors import MachineError
from kbert.exports.export import export
from kbert.serving.export_settings import ExportSettings

# Another process writes the program, on the backend that can.
pytestmark = [pytest.mark.keras, pytest.mark.any_backend]

FORMATS = ["onnx", "saved_model", "torch", "openvino", "litert"]
SERVED = ["onnx", "openvino", "litert"]


@pytest.fixture(scope="module")
def model(tiny_model):
    """A model whose probabilities are far from even."""
    model = tiny_model(layers=2, labels=["bad", "good"], max_length=48)
    random = np.random.default_rng(0)
    for variable in model.weights:
        variable.assign(variable + random.normal(0, 0.2, variable.shape))
    return model


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model"
    model.save_to(path)
    return path


@pytest.fixture(scope="module")
def exported(folder, real_reviews, tmp_path_factory):
    """A function that exports the model once per format; returns its path and the comparison."""
    done = {}

    def export_once(format, **options):
        key = format, *options.items()
        if key not in done:
            path = tmp_path_factory.mktemp("exports") / format
            seen = export(folder, path, format=format, dev=str(real_reviews), verbose=0, **options)
            done[key] = path, seen
        return done[key]

    return export_once


@pytest.mark.parametrize("format", FORMATS)
def test_it_is_reopened_and_predicts_the_same(format, exported, model):
    path, seen = exported(format)
    assert seen.texts == seen.agreeing == 207
    assert 0 < seen.greatest < 1e-5
    settings = ExportSettings.read(path)
    assert settings.labels == ("bad", "good")
    assert settings.text_pairs is False
    assert settings.read_tokenizer(path).get_config() == model.tokenizer.get_config()
    assert seen.size < 4 * 1.2 * model.count_params() + 1.5e6
    left = sorted(p.name for p in path.parent.iterdir())
    assert left == [format]


@pytest.mark.parametrize("format", FORMATS)
def test_it_contains_no_local_paths(format, exported):
    path, _ = exported(format)
    places = [str(Path(kbert.__file__).parent), str(Path(sys.prefix)), str(path.parent)]
    for file in path.rglob("*"):
        held = file.read_bytes() if file.is_file() else b""
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as members:
                held += b"".join(map(members.read, members.namelist()))
        assert [place for place in places if place.encode() in held] == [], file.name


@pytest.mark.parametrize("format", FORMATS)
def test_the_readme_is_correct(format, exported, model):
    path, _ = exported(format)
    blocks = (path / "README.md").read_text(encoding="utf-8").split("```python\n")[1:]
    (code,) = [block.split("```")[0] for block in blocks if "enable_truncation" in block]
    code += "\nprint([float(number) for number in np.asarray(probabilities)[0]])"
    if format == "torch":
        code = code.replace("asarray(probabilities)", "asarray(probabilities.detach())")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=path, capture_output=True, text=True, check=True
    )
    expected = model.predict_proba(["A moving story."])[0]
    np.testing.assert_allclose(json.loads(done.stdout.splitlines()[-1]), expected, atol=1e-5)


@pytest.mark.parametrize("format", SERVED)
def test_a_predictor_gives_the_same_predictions(format, exported, model, real_reviews):
    path, _ = exported(format)
    texts = read_examples(str(real_reviews)).texts[:40]
    predictor = Predictor.load(path, threads=1)
    assert predictor.labels == ("bad", "good")
    for ours, theirs in zip(predictor.predict(texts), model.predict_texts(texts), strict=True):
        assert ours.label == theirs.label
        assert ours.probabilities == pytest.approx(dict(theirs.probabilities), abs=1e-5)
    pairs = list(reversed(texts))
    np.testing.assert_allclose(
        predictor.predict_proba(texts, pairs, batch_size=7),
        model.predict_proba(texts, pairs),
        atol=1e-5,
    )


@pytest.mark.usefixtures("forked_exports")
@pytest.mark.parametrize("format", SERVED)
def test_int8(format, exported):
    _, exact = exported(format)
    path, seen = exported(format, quantize="int8")
    assert ExportSettings.read(path).int8
    assert seen.size < exact.size
    assert 1e-6 < seen.greatest < 0.3
    assert seen.agreeing > 180
    assert seen.rows == 200
    before, after = seen.accuracy
    assert abs(before - after) < 0.1
    assert f"Accuracy on 200 rows: {before:.4f} before, {after:.4f} after." in str(seen)


@pytest.mark.usefixtures("forked_exports")
def test_one_length(exported, model):
    path, seen = exported("litert", length=24)
    assert seen.greatest < 1e-5
    settings = ExportSettings.read(path)
    assert (settings.length, settings.max_length) == (24, 24)
    assert model.max_length == 48
    assert "always 24 wide" in (path / "README.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("forked_exports")
def test_added_tokens(model, tmp_path):
    tokenizer = {**model.tokenizer.get_config(), "added_tokens": [{"content": "<user>"}]}
    backbone = {**model.get_config()["backbone"], "vocabulary_size": 30523}
    config = {**model.get_config(), "tokenizer": tokenizer, "backbone": backbone}
    larger = BertClassifier.from_config(config)
    larger.save_to(tmp_path / "larger")
    seen = export(tmp_path / "larger", tmp_path / "out", format="litert", verbose=0)
    assert seen.greatest < 1e-5
    texts = ["A <user> writes.", "a<USER>b"]
    assert larger.tokenizer.token_ids(texts)[0][1] == 30522
    np.testing.assert_allclose(
        Predictor.load(tmp_path / "out").predict_proba(texts),
        larger.predict_proba(texts),
        atol=1e-5,
    )


@pytest.mark.usefixtures("forked_exports")
def test_bfloat16_is_written_in_full_precision(model, tmp_path):
    half = BertClassifier.from_config({**model.get_config(), "dtype": "mixed_bfloat16"})
    half.set_weights(model.get_weights())
    half.save(tmp_path / "half.keras")
    seen = export(tmp_path / "half.keras", tmp_path / "out", format="openvino", verbose=0)
    assert seen.greatest < 1e-5
    np.testing.assert_allclose(
        Predictor.load(tmp_path / "out").predict_proba(["A joy."]),
        model.predict_proba(["A joy."]),
        atol=1e-5,
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "onnx", "length": 60}, "`length` must be from 3 to the 48 tokens .* 60"),
        ({"format": "keras-hub", "length": 8}, "`length` is for programs: saved_model, onnx"),
        ({"format": "torch", "quantize": "int8"}, "int8.? is for onnx, openvino, litert. The"),
        ({"format": "onnx", "dev": "none.csv"}, "There is no file none.csv"),
    ],
)
def test_invalid_options_are_refused(options, message, folder, tmp_path):
    with pytest.raises(KbertError, match=message):
        export(folder, tmp_path / "out", verbose=0, **options)
    assert list(tmp_path.iterdir()) == []


def test_missing_packages_are_named(folder, tmp_path, monkeypatch):
    from kbert.exports.formats import registry

    monkeypatch.setattr(registry.importlib.util, "find_spec", lambda name: None)
    message = r"needs tensorflow, openvino, nncf.*pip install tensorflow openvino nncf.*, or pip "
    message += r"install '.\[export\]', in a clone"
    with pytest.raises(KbertError, match=message):
        export(folder, tmp_path / "out", format="openvino", quantize="int8")


def test_a_failing_converter_is_reported_in_one_sentence(folder, tmp_path, monkeypatch):
    from kbert.exports import child_process, writer_process

    monkeypatch.setattr(child_process.sys, "executable", "/bin/false")
    message = "could not be written by torch: the process ended with status 1"
    with pytest.raises(KbertError, match=message + "$"):
        export(folder, tmp_path / "out", format="onnx", verbose=0)
    usage = SimpleNamespace(free=1_000_000)
    monkeypatch.setattr(writer_process.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(
        MachineError, match=message + ". Its disk has 1 MB left and the model needs"
    ):
        export(folder, tmp_path / "out", format="onnx", verbose=0)
    assert list(tmp_path.iterdir()) == []
