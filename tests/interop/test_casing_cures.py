"""The cure for `wrong-casing` changes what kbert reads, for each kind of source."""

import json
import shutil
from pathlib import Path

import pytest

from kbert import Examples, inspect_examples
from kbert.interop.sources import find_source

OLD = Path(__file__).parents[1] / "data" / "formats" / "0.1"
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "Film", "film"]
SIZES = {"vocab_size": 6, "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1}


def google(folder):
    folder.mkdir()
    (folder / "bert_config.json").write_text(json.dumps(SIZES))
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    return folder


def keras_hub(folder):
    (folder / "assets" / "tokenizer").mkdir(parents=True)
    config = {"class_name": "BertBackbone", "registered_name": "x", "config": {}}
    (folder / "config.json").write_text(json.dumps(config))
    tokenizer = {"class_name": "BertTokenizer", "config": {"lowercase": True}}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "assets" / "tokenizer" / "vocabulary.txt").write_text("\n".join(PIECES) + "\n")
    return folder


def hugging_face(folder):
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "bert", **SIZES}))
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    return folder


def copy_of(name):
    return lambda folder: Path(shutil.copytree(OLD / name, folder))


FILES = {
    "hugging-face": (hugging_face, "tokenizer_config.json", ()),
    "keras-hub": (keras_hub, "tokenizer.json", ("config",)),
    "run": (copy_of("run"), "model/config.json", ("tokenizer",)),
    "model": (copy_of("run/model"), "config.json", ("tokenizer",)),
    "program": (copy_of("exports/onnx"), "kbert.json", ("tokenizer",)),
}


@pytest.mark.parametrize("kind", FILES)
def test_the_named_file_decides_the_casing(kind, tmp_path):
    make, name, keys = FILES[kind]
    folder = make(tmp_path / "source")
    tokenizer = find_source(folder).tokenizer()
    cure = str(tokenizer.casing_cure)
    assert cure.endswith(f" {folder / name}")
    word = cure.split('"')[1]
    value = cure.split(": ", 1)[1].split()[0]
    file = folder / name
    content = json.loads(file.read_text()) if file.exists() else {}
    place = content
    for key in keys:
        assert f"the {key}" in cure or f'"{key}"' in cure
        place = place[key]
    place[word] = json.loads(value)
    file.write_text(json.dumps(content))
    again = find_source(folder).tokenizer()
    assert again.lowercase is not tokenizer.lowercase
    assert again.vocabulary == tokenizer.vocabulary


def test_a_google_release_is_imported_again(tmp_path):
    folder = google(tmp_path / "release")
    tokenizer = find_source(folder).tokenizer()
    assert tokenizer.lowercase is False  # "Film" is a piece
    expected = f'kbert.import_model("{folder}", lowercase=True, output="NEW"), to train on NEW'
    assert str(tokenizer.casing_cure) == expected
    assert find_source(folder, lowercase=True).tokenizer().lowercase is True
    with_base = find_source(folder, base=folder, lowercase=True).tokenizer()
    assert f'lowercase=False, output="NEW", base="{folder}"' in str(with_base.casing_cure)


def test_a_keras_file_is_imported_first():
    file = OLD / "exports" / "model.keras"
    cure = str(find_source(file).tokenizer().casing_cure)
    assert cure.startswith(f'kbert.import_model("{file}", output="NEW"), and "lowercase": ')
    assert cure.endswith('of the "tokenizer" in NEW/config.json')


def test_the_finding_has_the_cure(tmp_path):
    folder = hugging_face(tmp_path / "source")
    (folder / "vocab.txt").write_text("\n".join([*PIECES[:-1], ","]) + "\n")
    examples = Examples(["Film, , , ,"] * 20)
    [finding] = [
        f
        for f in inspect_examples(examples, tokenizer=find_source(folder).tokenizer()).findings
        if f.code == "wrong-casing"
    ]
    assert str(finding.cure) == f'"do_lower_case": false in {folder / "tokenizer_config.json"}'
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    tokenizer = find_source(folder).tokenizer()
    assert [f.code for f in inspect_examples(examples, tokenizer=tokenizer).findings] == [
        "duplicates"
    ]
