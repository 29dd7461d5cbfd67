"""A trained model, written for other programs and reopened there."""

import json
import os

import numpy as np
import pytest

from kbert import BertClassifier, Examples, KbertError, Labels, read_examples
from kbert.exports import export as exporting
from kbert.exports.export import export
from kbert.interop.google import read_google
from kbert.interop.hugging_face import read_hugging_face
from kbert.models.variables import to_arrays

pytestmark = pytest.mark.keras

# Exports are arrays, the same on every backend; one test runs on each.
ONCE = pytest.mark.any_backend


@pytest.fixture(scope="module")
def folder(tiny_model, tmp_path_factory):
    """A saved model with tanh-GELU and a temperature, and weights far from their initial values."""
    made = tiny_model(layers=2, labels=["bad", "good", "好"], max_length=32)
    model = BertClassifier.from_config({**made.get_config(), "gelu": "tanh", "temperature": 3.0})
    random = np.random.default_rng(0)
    for variable in model.weights:
        variable.assign(variable + random.normal(0, 0.2, variable.shape))
    path = tmp_path_factory.mktemp("model") / "model"
    model.save_to(path)
    return path


@pytest.mark.parametrize(
    ("format", "name"),
    [
        # The process that reads it always runs on torch.
        pytest.param("huggingface", "hf", marks=ONCE),
        *(("google", "tf1"), ("keras", "model.keras"), ("keras-hub", "task")),
    ],
)
def test_it_is_reopened_and_predicts_the_same(format, name, folder, real_reviews, tmp_path, capsys):
    path = tmp_path / name
    seen = export(folder, path, format=format, dev=str(real_reviews))
    assert seen.texts == seen.agreeing == 207
    assert seen.greatest < 1e-5
    assert seen.size == sum(f.stat().st_size for f in [path, *path.rglob("*")] if f.is_file())
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{real_reviews}: 200 rows; ")
    assert lines[-2:] == [f"Writing {folder} as {format} ...", f"Wrote {path}. {seen}"]
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.usefixtures("forked_exports")
@ONCE
@pytest.mark.parametrize("max_word_length", [100, 200])
def test_words_may_end_in_a_capital_sigma(max_word_length, folder, tmp_path):
    config = {**BertClassifier.load(folder).get_config()}
    config["tokenizer"] = {**config["tokenizer"], "max_word_length": max_word_length}
    model = BertClassifier.from_config(config)
    random = np.random.default_rng(0)
    for variable in model.weights:
        variable.assign(random.normal(0, 0.5, variable.shape))
    model.save_to(tmp_path / "greek")
    texts = ["Ο μικρός ΔΡΌΜΟΣ", "ΣΑΣ. ΑΣ'Α", "good"]
    ids = np.array([0, 1, 1], np.int32)
    dev = Examples(texts, label_ids=ids, labels=Labels(("bad", "good", "好")))
    seen = export(tmp_path / "greek", tmp_path / "hf", format="huggingface", dev=dev, verbose=0)
    assert seen.texts == seen.agreeing == 10
    assert seen.greatest < 1e-5


@pytest.mark.usefixtures("forked_exports")
@pytest.mark.any_backend  # transformers reads it with torch
def test_labels_and_probabilities_of_a_pipeline(folder, reviews, tmp_path):
    import transformers

    path = tmp_path / "hf"
    export(folder, path, format="huggingface", verbose=0)
    pipeline = transformers.pipeline("text-classification", model=str(path), top_k=None)
    texts = list(read_examples(str(reviews)).texts)
    theirs = pipeline(texts, truncation=True)
    ours = BertClassifier.load(folder).predict_texts(texts)
    for one, other in zip(ours, theirs, strict=True):
        assert other[0]["label"] == one.label
        found = {entry["label"]: entry["score"] for entry in other}
        assert found.keys() == one.probabilities.keys()
        for label, probability in one.probabilities.items():
            assert found[label] == pytest.approx(probability, abs=1e-5)


@pytest.mark.usefixtures("forked_exports")
@ONCE
@pytest.mark.parametrize(
    ("format", "read"), [("huggingface", read_hugging_face), ("google", read_google)]
)
def test_a_round_trip_keeps_every_bit(format, read, folder, tmp_path):
    export(folder, tmp_path / "out", format=format, verbose=0)
    source = read(tmp_path / "out")
    model = BertClassifier.load(folder)
    assert source.labels == model.labels.names
    settings = model.tokenizer.get_config()
    assert settings["max_word_length"] == 100  # as in its preset, a Hugging Face folder
    if format == "google":  # which has 200
        del settings["max_word_length"]
    assert source.tokenizer.get_config() == settings
    assert source.gelu == model.gelu
    arrays = to_arrays(model.weights)
    assert source.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(source.arrays[name], array, err_msg=name)


@pytest.mark.usefixtures("forked_exports")
@ONCE
@pytest.mark.parametrize("format", ["huggingface", "keras-hub", "google"])
def test_the_readme_is_correct(format, folder, tmp_path):
    export(folder, tmp_path / "out", format=format, verbose=0)
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "\n0. bad\n1. good\n2. 好\n" in text
    assert "up to 32 tokens" in text
    if format == "google":
        assert "--init_checkpoint=FOLDER/bert_model.ckpt\n" in text
        return
    found = {}
    code = text.split("```python\n")[1].split("```")[0]
    exec(code.replace("FOLDER", repr(str(tmp_path / "out"))), found)
    expected = BertClassifier.load(folder).predict_proba(["A moving story."])[0]
    probabilities = found["probabilities"][0]
    if format == "huggingface":
        scores = {entry["label"]: entry["score"] for entry in probabilities}
        probabilities = [scores[label] for label in ("bad", "good", "好")]
    probabilities = [float(number) for number in probabilities]
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)


@pytest.mark.any_backend  # depends only on files
def test_labels_come_back_from_keras_hub(folder, tmp_path):
    export(folder, tmp_path / "task", format="keras-hub", verbose=0)
    back = BertClassifier.from_preset(str(tmp_path / "task"))
    assert back.labels.names == ("bad", "good", "好")
    texts = ["A joy.", "很好"]
    np.testing.assert_allclose(
        back.predict_proba(texts), BertClassifier.load(folder).predict_proba(texts), atol=1e-6
    )


@ONCE
@pytest.mark.parametrize("format", ["google", "keras-hub"])
def test_a_model_with_erf_gelu_is_refused(format, tiny_model, tmp_path):
    tiny_model().save_to(tmp_path / "model")
    with pytest.raises(KbertError, match="computes GELU by tanh, but this model was trained with"):
        export(tmp_path / "model", tmp_path / "out", format=format)
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


@ONCE
@pytest.mark.parametrize(
    ("name", "format", "message"),
    [
        ("there", "huggingface", "there already exists; kbert never overwrites files"),
        ("new", "word", "must be one of huggingface, google, keras, .*torch. Received: 'word'"),
        ("new", "keras", "`output` must end in .keras. Received: .*new"),
    ],
)
def test_invalid_arguments_are_refused(name, format, message, folder, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "notes.txt").write_text("mine")
    with pytest.raises(KbertError, match=message):
        export(folder, tmp_path / name, format=format)


@ONCE
def test_an_export_that_differs_is_refused(folder, tmp_path, monkeypatch):
    class Wrong:
        def write(self, model, path):
            path.write_text("")

        def reopen(self, path, model):
            return lambda texts, pairs: np.full((len(texts), 3), 1 / 3)

    monkeypatch.setattr(exporting, "format_module", lambda name: Wrong())
    with pytest.raises(KbertError, match="is refused: it differs from the model. For the text"):
        export(folder, tmp_path / "out", format="huggingface")
    assert list(tmp_path.iterdir()) == []


def test_without_its_packages_an_export_is_not_verified(folder, tmp_path, monkeypatch, capsys):
    from kbert.exports.formats import huggingface

    class Util:
        def find_spec(name):
            return None

    class Importlib:
        util = Util

    monkeypatch.setattr(huggingface, "importlib", Importlib)
    path = tmp_path / "out"
    export(folder, path, format="huggingface")
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(f"Wrote {path}. Not verified (")
    assert last.endswith("reopening it needs transformers and torch.")
    config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    assert config["id2label"] == {"0": "bad", "1": "good", "2": "好"}


@pytest.mark.usefixtures("forked_exports")
@ONCE
@pytest.mark.parametrize(("format", "name"), [("huggingface", "out"), ("keras", "out.keras")])
def test_a_file_created_meanwhile_is_kept(format, name, folder, tmp_path, monkeypatch):
    path, compare = tmp_path / name, exporting.compare

    def slow(*arguments, **settings):
        path.write_text("theirs")
        return compare(*arguments, **settings)

    monkeypatch.setattr(exporting, "compare", slow)
    with pytest.raises(KbertError, match=f"{name} already exists; kbert never overwrites files"):
        export(folder, path, format=format, verbose=0)
    assert path.read_text() == "theirs"
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.usefixtures("forked_exports")
@pytest.mark.any_backend  # depends only on files
def test_an_empty_folder_can_be_used_and_the_umask_applies(folder, tmp_path):
    path = tmp_path / "out"
    path.mkdir()
    old = os.umask(0o027)
    try:
        export(folder, path, format="huggingface", verbose=0)
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o750
    assert {file.stat().st_mode & 0o777 for file in path.iterdir()} == {0o640}
