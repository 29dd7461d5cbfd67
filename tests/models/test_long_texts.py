"""A model cuts long texts in prediction as in training, wherever it is stored."""

from dataclasses import asdict

import numpy as np
import pytest

from kbert import (
    BertClassifier,
    Predictor,
    RunCheckpoint,
    TrainConfig,
    Windows,
    read_examples,
    resume,
    train,
)
from kbert.exports.export import export
from kbert.interop.sources import find_source

# The tests compare only tokens, and what one backend computes from them.
pytestmark = [
    pytest.mark.keras,
    pytest.mark.any_backend,
    pytest.mark.usefixtures("forked_exports"),
]

CUT = {"long_text": "head+tail", "cut_pair": "second"}
LONG = "The beginning of a long story, " + "very " * 40 + "and its end."
MIDDLE = LONG.replace("very very very very", "quite a dull and slow", 3)


@pytest.fixture(scope="module")
def model(tiny_model):
    made = tiny_model(layers=1, labels=["bad", "good"], max_length=16)
    config = made.get_config()
    config["tokenizer"] = {**config["tokenizer"], **CUT}
    model = BertClassifier.from_config(config)
    random = np.random.default_rng(0)
    for variable in model.weights:
        variable.assign(variable + random.normal(0, 0.2, variable.shape))
    return model


def cut(tokenizer):
    return {"long_text": tokenizer.long_text, "cut_pair": tokenizer.cut_pair}


def test_only_the_tokens_kept_affect_predictions(model):
    probabilities = model.predict_proba([LONG, MIDDLE, LONG[4:], LONG[:-5]])
    np.testing.assert_allclose(probabilities[1], probabilities[0], atol=1e-6)
    assert np.abs(probabilities[2:] - probabilities[0]).max(axis=1).min() > 1e-4


def test_saved_models_keep_how_they_cut_texts(model, tmp_path):
    model.save_to(tmp_path / "folder")
    model.save(tmp_path / "model.keras")
    expected = model.predict_proba([LONG])
    for path in (tmp_path / "folder", tmp_path / "model.keras"):
        assert cut(find_source(path).tokenizer()) == CUT
        assert cut(BertClassifier.load(path).tokenizer) == CUT
        np.testing.assert_allclose(Predictor.load(path).predict_proba([LONG]), expected, atol=1e-6)
    other = BertClassifier.load(tmp_path / "folder", long_text="tail")
    assert cut(other.tokenizer) == {**CUT, "long_text": "tail"}


@pytest.mark.parametrize("format", ["huggingface", "google", "keras-hub"])
def test_formats_whose_readers_cut_differently_say_so(format, model, tmp_path):
    model = BertClassifier.from_config({**model.get_config(), "gelu": "tanh"})
    model.save_to(tmp_path / "model")
    seen = export(tmp_path / "model", tmp_path / "out", format=format, verbose=0)
    assert 0 < seen.texts < 7  # those of the odd sentences that fit
    readme = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "Of a longer text it read its first 3 and its last 11 tokens beside" in readme
    assert "of a longer pair the second text is cut." in readme


def test_the_side_cut_by_transformers_survives_a_round_trip(model, tmp_path):
    config = model.get_config()
    config["tokenizer"] = {**config["tokenizer"], "long_text": "tail", "cut_pair": "longest"}
    BertClassifier.from_config(config).save_to(tmp_path / "model")
    seen = export(tmp_path / "model", tmp_path / "out", format="huggingface", verbose=0)
    assert seen.texts == seen.agreeing == 7
    assert find_source(tmp_path / "out").tokenizer().long_text == "tail"


def test_an_exported_program_cuts_like_the_model(model, tmp_path):
    model.save_to(tmp_path / "model")
    export(tmp_path / "model", tmp_path / "out", format="onnx", verbose=0)
    expected = model.predict_proba([LONG, "short"])
    predicted = Predictor.load(tmp_path / "out").predict_proba([LONG, "short"])
    np.testing.assert_allclose(predicted, expected, atol=1e-5)
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    code = text.split("```python\n")[-1].split("```")[0].replace("A moving story.", LONG)
    for name in ("tokenizer.json", "model.onnx"):
        code = code.replace(f'"{name}"', repr(str(tmp_path / "out" / name)))
    found = {}
    exec(code, found)
    np.testing.assert_allclose(found["probabilities"], expected[:1], atol=1e-5)


def test_exports_to_readers_without_windows_describe_them(model, tmp_path):
    config = model.get_config()
    config["tokenizer"] |= {"long_text": "windows", "windows": {"pool": "max"}}
    BertClassifier.from_config(config).save_to(tmp_path / "model")
    seen = export(tmp_path / "model", tmp_path / "hf", format="huggingface", verbose=0)
    assert 0 < seen.texts < 7
    readme = " ".join((tmp_path / "hf" / "README.md").read_text(encoding="utf-8").split())
    assert "read a longer text in windows of 16 tokens, each of which shares 3 with" in readme
    assert "the maximum of their logits; of a longer pair its second was windowed" in readme


def test_saved_models_keep_windows(model, tmp_path):
    windows = Windows(stride=2, max_windows=3, pool="max")
    config = model.get_config()
    config["tokenizer"] |= {"long_text": "windows", "windows": asdict(windows)}
    made = BertClassifier.from_config(config)
    made.set_weights(model.get_weights())
    made.save_to(tmp_path / "folder")
    made.save(tmp_path / "model.keras")
    expected = made.predict_proba([LONG, "short"], ["pair", LONG])
    other = model.predict_proba([LONG, "short"], ["pair", LONG])
    assert np.abs(expected - other).max() > 1e-4
    for path in (tmp_path / "folder", tmp_path / "model.keras"):
        assert BertClassifier.load(path).tokenizer.windows == windows
        found = Predictor.load(path).predict_proba([LONG, "short"], ["pair", LONG])
        np.testing.assert_allclose(found, expected, atol=1e-6)
    cut = BertClassifier.load(tmp_path / "folder", long_text="head+tail")
    assert cut.tokenizer.windows is None
    found = cut.predict_proba([LONG, "short"], ["pair", LONG])
    np.testing.assert_allclose(found, other, atol=1e-6)


def test_a_resumed_run_with_windows_ends_like_an_uninterrupted_one(
    reviews, tmp_path, tiny_model, monkeypatch
):
    tiny_model(layers=1, labels=["bad", "good"], max_length=16).save_to(tmp_path / "tiny")
    settings = {
        "preset": str(tmp_path / "tiny"),
        **{"epochs": 2, "max_length": 8, "long_text": "windows", "stride": 1, "pool": "max"},
        **{"baseline": "encoder", "checkpoint_steps": 2, "allow": ("too-few-updates",)},
    }
    whole = train(TrainConfig(str(reviews), output=str(tmp_path / "whole"), **settings), verbose=0)
    step, seen = RunCheckpoint.on_train_batch_end, 0

    def stop(self, *args, **kwargs):
        nonlocal seen
        step(self, *args, **kwargs)
        seen += 1
        if seen == 5:
            raise KeyboardInterrupt

    config = TrainConfig(str(reviews), output=str(tmp_path / "part"), **settings)
    with monkeypatch.context() as patch:
        patch.setattr(RunCheckpoint, "on_train_batch_end", stop)
        with pytest.raises(KeyboardInterrupt):
            train(config, verbose=0)
    resumed = resume(tmp_path / "part", verbose=0)
    assert seen == 5
    windows = Windows(stride=1, pool="max")
    assert find_source(resumed.path).tokenizer().windows == windows
    texts = read_examples(reviews).texts
    one, other = (BertClassifier.load(run.path) for run in (whole, resumed))
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert len(one.predict_proba(texts)) == len(texts)
    history = [(run.path / "evaluations.json").read_text() for run in (whole, resumed)]
    assert history[0].count("accuracy") == history[1].count("accuracy")


def test_a_run_keeps_how_texts_are_cut(reviews, tmp_path, tiny_model):
    tiny_model(layers=1, labels=["bad", "good"], max_length=16).save_to(tmp_path / "tiny")
    config = TrainConfig(
        str(reviews),
        output=str(tmp_path / "run"),
        preset=str(tmp_path / "tiny"),
        epochs=1,
        max_length=8,
        long_text="tail",
        allow=("too-few-updates",),
    )
    run = train(config, verbose=0)
    assert BertClassifier.load(run.path).tokenizer.long_text == "tail"
    assert run.record["tokenizer_sha256"] == find_source(run.path).tokenizer().fingerprint
    examples = read_examples(reviews)
    last = find_source(run.path).tokenizer().encode(examples.texts[:1], max_length=8)[0][0]
    whole = find_source(run.path).tokenizer().token_ids(examples.texts[:1])[0]
    assert last[1:-1] == whole[-6:]
