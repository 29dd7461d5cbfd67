"""The same folder gets the same message, whatever it is used for."""

import json
import shutil
from pathlib import Path

import pytest

from kbert import BertClassifier, InputError, Predictor, export, find_source, import_model
from kbert.cli.evaluate import evaluate
from kbert.config import TrainConfig
from kbert.runs.prepare import prepare

# Files are read as arrays, before and without the backend.
pytestmark = [pytest.mark.keras, pytest.mark.any_backend]
FORMATS = Path(__file__).parents[1] / "data" / "formats" / "0.1"
REFERENCE = Path(__file__).parents[1] / "data" / "reference"


def write(path, **files):
    """Write a folder of JSON files."""
    path.mkdir()
    for name, content in files.items():
        (path / f"{name}.json").write_text(json.dumps(content))
    return path


def newer(path):
    shutil.copytree(FORMATS / "run" / "model", path)
    file = path / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": "kbert-model-9"}))
    return path


def sweep(path):
    shutil.copytree(FORMATS / "run" / "model", write(path, run={"sweep": {}}) / "final" / "model")
    return path


def output_directory(path):
    path.mkdir()
    (path / "model.ckpt-9.index").touch()
    return path


def copied(source):
    return lambda path: Path(shutil.copytree(source, path))


def file(path):
    path.write_bytes(b"x")
    return path


# Functions that make a folder or file that no surface can use, and how all messages begin.
BROKEN = {
    "nothing": (lambda path: path, "There is no file or folder {path}."),
    "empty folder": (lambda path: write(path), "{path} holds no model. Expected a run of kbert"),
    "file": (file, "{path} is a file. Expected a run of kbert"),
    "broken json": (
        lambda path: file(write(path) / "config.json").parent,
        "{path}/config.json is not JSON",
    ),
    "another model": (
        lambda path: write(path, config={"model_type": "roberta", "vocab_size": 9}),
        "{path} holds a model of the type 'roberta'; kbert supports only BERT.",
    ),
    "another keras-hub model": (
        lambda path: write(path, config={"class_name": "GPT2Backbone", "registered_name": "x"}),
        "{path} holds a model of the type 'GPT2Backbone'; kbert supports only BERT.",
    ),
    "unknown model": (
        lambda path: write(path, config={"a": 1}),
        "{path} holds a model of the type 'unknown'; kbert supports only BERT.",
    ),
    "run without a model": (
        lambda path: write(path, run={"status": "stopped"}),
        "{path} is a run without a trained model (its status is 'stopped'). Cure: finish it first",
    ),
    "sweep that has not finished": (
        lambda path: write(path, run={"status": "stopped", "sweep": {}}),
        "{path} is a sweep: each of its runs has a model of its own. Cure: finish it first: kbert",
    ),
    "sweep": (
        sweep,
        "{path} is a sweep: each of its runs has a model of its own. Cure: name its final run: "
        "{path}/final",
    ),
    "newer model": (newer, "{path}/config.json has the format kbert-model-9, and kbert-model-1"),
    "output directory of Google's script": (
        output_directory,
        "{path} holds no bert_config.json. Cure: ",
    ),
}


def train(path, tmp_path):
    prepare(TrainConfig(data=str(FORMATS / "reviews.csv"), preset=str(path)))


SURFACES = {
    "find_source": lambda path, tmp_path: find_source(path),
    "find_source that predicts": lambda path, tmp_path: find_source(path, predicts=True),
    "predict": lambda path, tmp_path: Predictor.load(path),
    "evaluate": lambda path, tmp_path: evaluate(Path(path), str(FORMATS / "reviews.csv")),
    "export": lambda path, tmp_path: export(
        path, tmp_path / "export", format="huggingface", verbose=0
    ),
    "import": lambda path, tmp_path: import_model(path, tmp_path / "import", verbose=0),
    "preset": train,
    "from_preset": lambda path, tmp_path: BertClassifier.from_preset(str(path), ["a", "b"]),
    "load": lambda path, tmp_path: BertClassifier.load(path),
}


# Surfaces that predict also accept exported programs, and say so.
PREDICT = ("find_source that predicts", "predict", "evaluate")


def sentence(surface, path, tmp_path):
    with pytest.raises(InputError) as refused:
        SURFACES[surface](path, tmp_path)
    return str(refused.value)


@pytest.mark.parametrize("kind", BROKEN)
def test_every_surface_gives_the_same_message(kind, tmp_path):
    make, begin = BROKEN[kind]
    path = make(tmp_path / "model")
    for surface in SURFACES:
        door = PREDICT[0] if surface in PREDICT else "find_source"
        expected = sentence(door, path, tmp_path)
        assert expected.startswith(begin.format(path=path))
        assert sentence(surface, path, tmp_path) == expected, surface
    assert not (tmp_path / "export").exists()
    assert not (tmp_path / "import").exists()


def test_a_model_without_a_head(tmp_path):
    path = REFERENCE / "tiny_checkpoint"
    expected = f"{path} is a TF1 checkpoint of Google's BERT without a classification head. "
    said = {
        sentence(surface, path, tmp_path) for surface in ("predict", "evaluate", "export", "load")
    }
    assert len(said) == 1
    assert said.pop().startswith(expected)


def test_a_head_without_names(tmp_path):
    path = tmp_path / "google"
    shutil.copytree(FORMATS / "exports" / "google", path)
    (path / "labels.txt").unlink()
    surfaces = ("predict", "evaluate", "export", "load", "import")
    said = {sentence(surface, path, tmp_path) for surface in surfaces}
    assert len(said) == 1
    assert said.pop().startswith(f"The head of {path} has 2 classes, which need a name each")


@pytest.mark.parametrize("format", ["onnx", "torch"])
def test_an_exported_program_has_no_weights(format, tmp_path):
    path = FORMATS / "exports" / format
    surfaces = ("export", "load", "import", "preset", "from_preset")
    said = {sentence(surface, path, tmp_path) for surface in surfaces}
    assert len(said) == 1
    assert said.pop().startswith(f"{path} is an exported program, which has no weights to extract")


def test_a_name_that_is_not_a_path(tmp_path):
    said = {
        sentence(surface, "nothing_here", tmp_path)
        for surface in ("predict", "evaluate", "load", "import")
    }
    assert len(said) == 1
    assert said.pop().startswith(
        "There is no file or folder nothing_here. Check the path; a keras-hub"
    )


def test_options_are_accepted_only_by_their_format(tmp_path):
    with pytest.raises(
        InputError, match="`base` is for checkpoints of Google's BERT; .* is a kbert run"
    ):
        find_source(FORMATS / "run", base="x")
    assert (
        find_source(REFERENCE / "tiny_checkpoint", lowercase=False).tokenizer().lowercase is False
    )


@pytest.mark.parametrize(
    ("name", "kind", "labels", "pairs", "length"),
    [
        ("run", "Run", ("bad", "good"), False, 24),
        ("run/model", "ModelFolder", ("bad", "good"), None, 24),
        ("compiled-google.keras", "KerasFile", ("bad", "good"), None, 24),
        ("exports/onnx", "Export", ("bad", "good"), False, 24),
        ("exports/google", "GoogleCheckpoint", ("bad", "good"), None, None),
        ("exports/huggingface", "HuggingFaceFolder", None, None, 24),
        ("exports/keras-hub", "KerasHubFolder", ("bad", "good"), None, 24),
        ("preset", "HuggingFaceFolder", None, None, None),
    ],
)
def test_properties_that_are_read_without_weights(name, kind, labels, pairs, length):
    source = find_source(FORMATS / name)
    told = (type(source).__name__, source.labels(), source.text_pairs(), source.max_length())
    assert told == (kind, labels, pairs, length)
    assert len(source.tokenizer()) == 183
