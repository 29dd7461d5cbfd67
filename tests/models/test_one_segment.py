"""Text pairs are refused for a model with one segment, before Keras computes anything."""

import json
import subprocess
import sys

import numpy as np
import pytest

from kbert import (
    BertClassifier,
    EpochEvaluation,
    Examples,
    KbertError,
    Predictor,
    TrainConfig,
    read_examples,
    train,
)
from kbert.data.batches import Batches
from kbert.data.token_store import TokenStore
from kbert.exports.export import export
from kbert.models.evaluate_batches import evaluate_batches

pytestmark = pytest.mark.keras

MESSAGE = r"the model has one segment \(type_vocab_size 1\)"
ROWS = [
    ("loud crude", "empty and loud", "bad"),
    ("a moving story", "a lovely little film", "good"),
    ("a wooden cast", "every scene drags", "bad"),
    ("funny warm", "wise and a lovely film", "good"),
]


@pytest.fixture(scope="module")
def preset(tiny_preset, tmp_path_factory):
    """A preset with one segment."""
    folder = tmp_path_factory.mktemp("presets") / "one"
    folder.mkdir()
    config = {**json.loads((tiny_preset / "config.json").read_text()), "type_vocab_size": 1}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "vocab.txt").write_bytes((tiny_preset / "vocab.txt").read_bytes())
    return folder


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "pairs.csv"
    lines = [f"{first} {n},{second},{label}" for n in range(30) for first, second, label in ROWS]
    path.write_text("\n".join(["sentence1,sentence2,label", *lines]) + "\n")
    return path


@pytest.fixture(scope="module")
def model(preset):
    return BertClassifier.from_preset(
        str(preset), labels=["bad", "good"], pretrained=False, max_length=16
    )


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "one"
    model.save_to(path)
    return path


def test_python_calls_refuse_pairs(model, pairs, tmp_path):
    examples = read_examples(str(pairs), labels=model.labels)
    with pytest.raises(KbertError, match=MESSAGE):
        model.batches(examples)
    with pytest.raises(KbertError, match=MESSAGE):
        model.predict_texts(["a"], ["b"])
    batches = Batches(TokenStore.build(examples, model.tokenizer, 16), 8)
    with pytest.raises(KbertError, match=MESSAGE):
        evaluate_batches(model, batches)
    model.compile("sgd")
    with pytest.raises(KbertError, match=MESSAGE):
        model.fit(batches, verbose=0)
    single = Examples(["a moving story", "a wooden cast"] * 8, None, [1, 0] * 8, model.labels)
    with pytest.raises(KbertError, match=MESSAGE):
        model.fit(model.batches(single), callbacks=[EpochEvaluation({"dev": batches})], verbose=0)
    assert int(model.optimizer.iterations) == 0


def test_single_texts_are_fine(model, folder):
    rows = model.predict_proba(["a moving story", "a wooden cast"])
    assert np.isfinite(rows).all()
    again = Predictor.load(folder).predict_proba(["a moving story", "a wooden cast"])
    np.testing.assert_allclose(again, rows, atol=1e-6)


def test_a_predictor_refuses_pairs(folder):
    with pytest.raises(KbertError, match=MESSAGE):
        Predictor.load(folder).predict(["a"], ["b"])


@pytest.mark.usefixtures("forked_exports")
@pytest.mark.any_backend
def test_an_export_refuses_pairs_too(folder, pairs, tmp_path):
    with pytest.raises(KbertError, match=MESSAGE):
        export(folder, tmp_path / "out", format="onnx", dev=pairs, verbose=0)
    assert not (tmp_path / "out").exists()
    export(folder, tmp_path / "onnx", format="onnx", verbose=0)
    assert json.loads((tmp_path / "onnx" / "kbert.json").read_text())["num_segments"] == 1
    with pytest.raises(KbertError, match=MESSAGE):
        Predictor.load(tmp_path / "onnx").predict(["a"], ["b"])


def kbert(*arguments):
    """Run the command, and return its exit status, its errors and whether it loaded Keras."""
    code = (
        "import sys\nfrom kbert.cli.main import main\n"
        "try: main()\nfinally: print('KERAS' if 'keras' in sys.modules else 'NONE')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True
    )
    return done.returncode, done.stderr, "KERAS" in done.stdout


@pytest.mark.any_backend
def test_commands_refuse_pairs_before_loading_keras(preset, folder, pairs, reviews, tmp_path):
    run = tmp_path / "run"
    trained = train(
        TrainConfig(
            data=str(reviews),
            preset=str(preset),
            weights="random",
            output=str(run),
            epochs=1,
            max_length=16,
            allow=("too-few-updates",),
        ),
        verbose=0,
    )
    new = ("--output", tmp_path / "new")
    for arguments in (
        ("train", pairs, "--preset", preset, "--max-length", 16, *new),
        ("continue", trained.path, "--data", pairs, *new),
        ("evaluate", folder, pairs),
        ("predict", folder, pairs, "--text", "sentence1", "--pair", "sentence2"),
    ):
        status, errors, loaded = kbert(*arguments)
        assert (status, loaded) == (2, False), (arguments, errors)
        assert "has one segment (type_vocab_size 1)" in errors, arguments
        assert not (tmp_path / "new").exists()
