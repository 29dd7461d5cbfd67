"""Models whose tokenizers have added tokens: read, saved, loaded, and written."""

import json

import numpy as np
import pytest
import torch
import transformers
from tokenizers import AddedToken

from kbert import BertClassifier, KbertError
from kbert.interop.hugging_face import read_hugging_face
from kbert.interop.write_google import write_google
from kbert.interop.write_hugging_face import write_hugging_face
from kbert.models.build_classifier import build_classifier, to_model_data

# Files are read as arrays, before and without the backend.
pytestmark = [pytest.mark.keras, pytest.mark.any_backend]

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdeo", *(f"##{c}" for c in "abcdeo")]
ADDED = ["<user>", AddedToken("[x]", normalized=False, rstrip=True), AddedToken("cab")]
TEXTS = ["<USER> bad cab", "[x]  abode [X] cabs", "b<user>b 🤗 é [x]"]


@pytest.fixture
def theirs(tmp_path):
    """A folder of a classifier with added tokens."""
    torch.manual_seed(0)
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    tokenizer = transformers.BertTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(ADDED)
    tokenizer.save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
        hidden_act="gelu_new",
        initializer_range=0.5,
        id2label={0: "no", 1: "yes"},
        label2id={"no": 0, "yes": 1},
    )
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def probabilities(folder):
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    rows = []
    for text in TEXTS:
        with torch.no_grad():
            logits = model(**tokenizer(text, return_tensors="pt")).logits[0]
        rows.append(torch.softmax(logits, -1).numpy())
    return np.array(rows)


def test_from_hugging_face_and_back(theirs, tmp_path):
    model = build_classifier(BertClassifier, read_hugging_face(theirs), max_length=32)
    expected = probabilities(theirs)
    np.testing.assert_allclose(model.predict_proba(TEXTS), expected, atol=1e-5)
    model.save_to(tmp_path / "folder")
    model.save(tmp_path / "model.keras")
    for name in ("folder", "model.keras"):
        loaded = BertClassifier.load(tmp_path / name)
        assert loaded.tokenizer.get_config() == model.tokenizer.get_config()
        np.testing.assert_allclose(loaded.predict_proba(TEXTS), expected, atol=1e-5)
    (tmp_path / "back").mkdir()
    write_hugging_face(tmp_path / "back", to_model_data(model))
    np.testing.assert_allclose(probabilities(tmp_path / "back"), expected, atol=1e-5)
    again = read_hugging_face(tmp_path / "back").tokenizer
    assert again.get_config() == model.tokenizer.get_config()


def test_googles_format_has_no_added_tokens(theirs, tmp_path):
    with pytest.raises(KbertError, match=r"has no added tokens, .*: '<user>', '\[x\]', 'cab'\. Ex"):
        write_google(tmp_path, read_hugging_face(theirs))


def test_an_embedding_table_without_their_rows_is_refused(theirs):
    file = theirs / "tokenizer.json"
    spec = json.loads(file.read_text())
    spec["added_tokens"].append({"id": len(PIECES) + 3, "content": "more"})
    file.write_text(json.dumps(spec))
    with pytest.raises(KbertError, match=r"The tokenizer has 21 pieces but the backbone has 20"):
        build_classifier(BertClassifier, read_hugging_face(theirs))


@pytest.mark.parametrize(
    "added", [{"content": "x"}, ["x"], [{"content": 1}], [{"content": "x" * 10**7}]], ids=range(4)
)
def test_hostile_added_tokens_in_a_model_folder(added, theirs, tmp_path):
    build_classifier(BertClassifier, read_hugging_face(theirs), max_length=32).save_to(
        tmp_path / "model"
    )
    file = tmp_path / "model" / "config.json"
    config = json.loads(file.read_text())
    config["tokenizer"]["added_tokens"] = added
    file.write_text(json.dumps(config))
    with pytest.raises(KbertError, match=r"vocab.txt: (added_tokens must|An added token must)"):
        BertClassifier.load(tmp_path / "model")
