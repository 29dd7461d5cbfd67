from pathlib import Path

import numpy as np
import pytest

from kbert import BertClassifier, KbertError
from kbert.cli.main import main
from kbert.exports.export import export
from kbert.interop.google import read_google
from kbert.models.import_model import import_model

# Files are read as arrays, before and without the backend.
pytestmark = [pytest.mark.keras, pytest.mark.any_backend]
REFERENCE = Path(__file__).parents[1] / "data" / "reference"
RELEASE, TRAINED = REFERENCE / "tiny_checkpoint", REFERENCE / "tiny_checkpoint_classifier"


def test_a_fine_tuned_directory_becomes_a_model(tmp_path, capsys):
    labels = ("contradiction", "entailment", "neutral")
    path = import_model(TRAINED, tmp_path / "model", base=RELEASE, labels=labels)
    assert capsys.readouterr().out.splitlines() == [
        f"{TRAINED} is a TF1 checkpoint of Google's BERT.",
        "Lower-casing: the vocabulary has no upper-case pieces.",
        "Left behind: 114 slots of Adam.",
        "Left behind: global_step 240.",
        "Classes: contradiction, entailment, neutral",
        f"{path} is a model to evaluate, to export, and to predict with.",
    ]
    computed = np.load(REFERENCE / "logits.npz")
    inputs = {
        "token_ids": computed["input_ids"],
        "segment_ids": computed["segment_ids"],
        "padding_mask": computed["input_mask"],
    }
    model = BertClassifier.load(path)
    assert model.labels.names == labels
    np.testing.assert_allclose(model.predict(inputs, verbose=0), computed["logits"], atol=1e-5)


def test_a_release_becomes_a_preset(tmp_path, capsys):
    path = import_model(RELEASE, tmp_path / "tiny")
    said = capsys.readouterr().out.splitlines()
    assert said[-1].startswith(f"It has no head: {path} is an encoder. To train a classifier on it")
    ours, theirs = (
        BertClassifier.from_preset(str(folder), ["a", "b"], max_length=16).backbone.get_weights()
        for folder in (path, RELEASE)
    )
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_hugging_face_classifier_brings_its_labels(tiny_model, tmp_path):
    model = tiny_model(layers=2)
    model.save_to(tmp_path / "model")
    export(tmp_path / "model", tmp_path / "theirs", format="huggingface", verbose=0)
    path = import_model(tmp_path / "theirs", tmp_path / "back", max_length=12, verbose=0)
    back = BertClassifier.load(path)
    assert (back.labels, back.max_length, back.gelu) == (model.labels, 12, model.gelu)
    for one, other in zip(model.get_weights(), back.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        (TRAINED, {}, "holds no bert_config.json. Cure: .*`base` is the release that"),
        (TRAINED, {"base": RELEASE}, "which need a name each.* Received: no names. .*labels="),
        (
            TRAINED,
            {"base": RELEASE, "labels": ["a"]},
            "The head of .* has 3 classes.*Received: 1: a",
        ),
        (RELEASE, {"labels": ["a", "b"]}, "without a classification head. To train one"),
        ("minilm", {"lowercase": True}, "`lowercase` is for checkpoints of Google's"),
        ("minilm", {"output": RELEASE}, "already exists; kbert never overwrites files"),
        ("./nowhere", {}, "There is no file or folder ./nowhere"),
    ],
    ids=["base", "names", "count", "no-head", "lowercase", "output", "nowhere"],
)
def test_refuses_unusable_sources_and_options(source, options, message, tmp_path):
    arguments = {"output": tmp_path / "out", **options}
    with pytest.raises(KbertError, match=message):
        import_model(source, arguments.pop("output"), verbose=0, **arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "kind", ["roberta", "distilbert", "albert", "deberta", "deberta-v2", "xlnet", "gpt2"]
)
def test_other_models_are_refused_by_name(kind, tmp_path):
    (tmp_path / "config.json").write_text(f'{{"model_type": "{kind}", "vocab_size": 10}}')
    with pytest.raises(
        KbertError, match=f"holds a model of the type '{kind}'; kbert supports only BERT"
    ):
        import_model(tmp_path, tmp_path / "out", verbose=0)


@pytest.mark.any_backend
def test_import_and_export_commands(tmp_path, capsys):
    model, back = tmp_path / "model", tmp_path / "tf1"
    commands = [
        ["import", TRAINED, "--base", RELEASE, "--labels", "x", "y", "z", "--output", model],
        ["export", model, "--format", "google", "--output", back],
    ]
    for command in commands:
        with pytest.raises(SystemExit) as left:
            main([str(part) for part in command])
        assert left.value.code == 0, capsys.readouterr().err
    assert "Classes: x, y, z" in capsys.readouterr().out
    one, other = read_google(back), read_google(TRAINED, base=RELEASE)
    assert one.labels == ("x", "y", "z")
    for name, array in other.arrays.items():
        np.testing.assert_array_equal(one.arrays[name], array)


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        (31, "theirs: its tokenizer has 31 pieces but its table of embeddings 30 rows"),
        (29, "has 29 pieces and the table of embeddings 30 rows: check that the vocabulary"),
    ],
)
@pytest.mark.parametrize("kind", ["BertModel", "BertForSequenceClassification"])
def test_a_vocabulary_of_another_size(kind, pieces, said, tmp_path, capsys):
    import transformers

    sizes = {"vocab_size": 30, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.BertConfig(**sizes, intermediate_size=8)
    getattr(transformers, kind)(config).save_pretrained(tmp_path / "theirs")
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *(f"p{n}" for n in range(pieces - 4))]
    (tmp_path / "theirs" / "vocab.txt").write_text("\n".join(names))
    with pytest.raises(SystemExit) as left:
        main(["import", str(tmp_path / "theirs"), "--output", str(tmp_path / "out")])
    out, err = capsys.readouterr()
    assert left.value.code == (2 if pieces > 30 else 0)
    assert said in (err if pieces > 30 else out)
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "kind",
    [
        *("RobertaBackbone", "DistilBertBackbone", "AlbertBackbone", "DebertaV3Backbone"),
        *("XLNetBackbone", "GPT2Backbone"),
    ],
)
def test_other_models_of_keras_hub_are_refused_by_name(kind, tmp_path):
    (tmp_path / "config.json").write_text(f'{{"class_name": "{kind}", "registered_name": "x"}}')
    with pytest.raises(KbertError, match=f"type '{kind}'; kbert supports only BERT. Expected"):
        import_model(tmp_path, tmp_path / "out", verbose=0)


@pytest.mark.parametrize("kind", ["encoder", "classifier"])
def test_files_created_meanwhile_are_kept(kind, tmp_path, monkeypatch):
    from kbert.models import import_model as module

    say, path = module.say, tmp_path / "out"

    def slow(text, **settings):
        path.mkdir(exist_ok=True)
        (path / "notes.txt").write_text("theirs")

    monkeypatch.setattr(module, "say", slow)
    options = {"base": RELEASE, "labels": ["a", "b", "c"]} if kind == "classifier" else {}
    with pytest.raises(KbertError, match="out already exists; kbert never overwrites files"):
        import_model(TRAINED if options else RELEASE, path, **options)
    assert [file.name for file in tmp_path.rglob("*")] == ["out", "notes.txt"]
    monkeypatch.setattr(module, "say", say)
    (path / "notes.txt").unlink()
    import_model(TRAINED if options else RELEASE, path, verbose=0, **options)  # an empty folder
    assert (path / "model.safetensors").is_file()
