""" "[SEP]" and other special pieces that users type in texts are plain text in every export."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kbert import BertClassifier, Predictor, Tokenizer, read_examples
from kbert.exports.export import export

# Other programs run here: nothing depends on the backend.
pytestmark = [
    pytest.mark.keras,
    pytest.mark.any_backend,
    pytest.mark.usefixtures("forked_exports"),
]

TYPED = Path(__file__).parents[1] / "data" / "typed-sep.csv"
TEXTS = [
    *read_examples(str(TYPED)).texts[:20],
    "[CLS] a moving story [SEP] [PAD] [PAD]",
    "[UNK] [MASK] film",
    "[SEP]",
    "a[SEP]b [sep] [ SEP ]",
    "<user> wrote it, <USER>[SEP]",
    "x" * 100 + " " + "x" * 101 + " " + "x" * 200 + " " + "x" * 201,
]


def changed(model, **settings):
    """Return a model with another tokenizer, and the same weights."""
    tokenizer = Tokenizer.from_config({**model.tokenizer.get_config(), **settings})
    backbone = {**model.get_config()["backbone"], "vocabulary_size": len(tokenizer)}
    config = {**model.get_config(), "tokenizer": tokenizer.get_config(), "backbone": backbone}
    found = BertClassifier.from_config({**config, "gelu": "tanh"})
    random = np.random.default_rng(0)
    for variable in found.weights:
        variable.assign(variable + random.normal(0, 0.2, variable.shape))
    return found


@pytest.fixture(scope="module", params=[100, 200], ids=["hugging-face", "google"])
def model(request, tiny_model):
    return changed(tiny_model(max_length=48), max_word_length=request.param)


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model"
    model.save_to(path)
    return path


@pytest.fixture(scope="module")
def exported(folder, tmp_path_factory):
    """A function that exports the model once per format; returns its path and the comparison."""
    done = {}

    def export_once(format):
        if format not in done:
            path = tmp_path_factory.mktemp("exports") / "out"
            done[format] = path, export(folder, path, format=format, dev=str(TYPED), verbose=0)
        return done[format]

    return export_once


@pytest.fixture(scope="module")
def special(tiny_model, tmp_path_factory):
    """A model with a special added token that is still found in texts, and its folder."""
    added = [{"content": "<user>", "special": True, "normalized": False}]
    model = changed(tiny_model(max_length=48), added_tokens=added)
    path = tmp_path_factory.mktemp("special") / "model"
    model.save_to(path)
    return model, path


def of_pipeline(path, texts):
    import transformers

    classify = transformers.pipeline("text-classification", model=str(path), top_k=None)
    found = []
    for rows in classify(texts, truncation=True):
        scores = {row["label"]: row["score"] for row in rows}
        found.append([scores["bad"], scores["good"]])
    return np.array(found)


def test_a_transformers_pipeline_predicts_the_same(exported, model):
    import transformers

    path, seen = exported("huggingface")
    assert seen.texts == seen.agreeing == 207
    np.testing.assert_allclose(of_pipeline(path, TEXTS), model.predict_proba(TEXTS), atol=1e-5)
    theirs = transformers.AutoTokenizer.from_pretrained(path)
    ours = model.tokenizer
    expected = [ids for ids, _ in ours.encode(TEXTS, max_length=48)]
    assert theirs(TEXTS, truncation=True)["input_ids"] == expected
    padded = theirs(TEXTS[-3:], padding=True, truncation=True)
    assert padded["input_ids"][1][-1] == theirs.pad_token_id == ours.pad_id
    assert (theirs.cls_token_id, theirs.sep_token_id) == (ours.cls_id, ours.sep_id)
    assert theirs.mask_token_id == ours.ids["[MASK]"]
    pair = theirs("a [SEP] b", "[CLS] c")
    [(ids, first)] = ours.encode(["a [SEP] b"], ["[CLS] c"], max_length=48)
    assert pair["input_ids"] == ids
    assert pair["token_type_ids"] == [0] * first + [1] * (len(ids) - first)
    back = BertClassifier.from_preset(str(path))
    assert back.tokenizer.get_config() == ours.get_config()
    assert back.max_length == 48
    np.testing.assert_allclose(back.predict_proba(TEXTS), model.predict_proba(TEXTS), atol=1e-6)


def test_the_files_contain_no_special_tokens(exported):
    paths = [exported(format)[0] for format in ("huggingface", "onnx")]
    for path in paths:
        spec = json.loads((path / "tokenizer.json").read_text(encoding="utf-8"))
        assert spec["added_tokens"] == []
    config = json.loads((paths[0] / "tokenizer_config.json").read_text())
    assert config["split_special_tokens"] is True


def of_readme(path, texts):
    """Run the code of a README on these texts, in a process outside kbert's folder."""
    blocks = (path / "README.md").read_text(encoding="utf-8").split("```python\n")[1:]
    (code,) = [block.split("```")[0] for block in blocks if "enable_truncation" in block]
    code = code.replace('["A moving story."]', json.dumps(texts))
    code += "\nimport json\nids = [e.ids for e in encoded]"
    code += "\nprint(json.dumps([ids, np.asarray(probabilities).tolist()]))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=path, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_the_code_in_the_readme(exported, model):
    path, _ = exported("onnx")
    texts = [*TEXTS, *read_examples(str(TYPED)).texts]
    ids, probabilities = of_readme(path, texts)
    expected = Predictor.load(path).predict_proba(texts)
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)
    np.testing.assert_allclose(model.predict_proba(texts), expected, atol=1e-5)
    # No text adds a special piece of its own: [SEP] occurs once, [CLS] first.
    for row in ids:
        assert row.count(model.tokenizer.sep_id) == 1
        assert row.index(model.tokenizer.cls_id) == 0
        assert model.tokenizer.cls_id not in row[1:]


def test_a_special_added_token_is_still_found(special, tmp_path):
    model, path = special
    texts = [*TEXTS[-6:-1], "to <user>", "[SEP]<user>[SEP]"]
    assert model.tokenizer.ids["<user>"] in model.tokenizer.token_ids(["to <user>"])[0]
    expected = model.predict_proba(texts)
    export(path, tmp_path / "hf", format="huggingface", dev=str(TYPED), verbose=0)
    np.testing.assert_allclose(of_pipeline(tmp_path / "hf", texts), expected, atol=1e-5)
    export(path, tmp_path / "onnx", format="onnx", verbose=0)
    _, probabilities = of_readme(tmp_path / "onnx", texts)
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
    back = BertClassifier.from_preset(str(tmp_path / "hf"))
    np.testing.assert_allclose(back.predict_proba(texts), expected, atol=1e-6)


@pytest.mark.parametrize("format", ["google", "keras-hub"])
def test_google_and_keras_hub_read_special_pieces_as_text_too(format, folder, model, tmp_path):
    seen = export(folder, tmp_path / "out", format=format, dev=str(TYPED), verbose=0)
    assert seen.texts == seen.agreeing == 207
    readme = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert '"[SEP]" and other special pieces in a text are plain text.' in readme
    differs = "Words of 101 to 200 characters" in readme
    assert differs == (format == "google" and model.tokenizer.max_word_length == 100)


def test_tokens_match_google_s_rules(special):
    """A plain implementation of Google's rules, without special pieces, gives the same tokens."""
    import runpy

    oracle = runpy.run_path(str(Path(__file__).parents[1] / "google_wordpiece.py"))["tokenize"]
    tokenizer = Tokenizer(special[0].tokenizer.vocabulary)
    for text in TEXTS:
        assert tokenizer.tokenize(text) == oracle(text, tokenizer.ids, True)
