"""Google's own outputs, a plain statement of its rules, and what is refused."""

import json
import runpy
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.errors import KbertError
from kbert.tokenizer.tokenizer import Tokenizer

oracle = runpy.run_path(str(Path(__file__).parents[1] / "google_wordpiece.py"))["tokenize"]
# Small, so that WordPiece has much to do: letters whole and continued, and one of each kind.
LETTERS = "abeiou0ßςσяא好\ue000\u0130é!-"
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS, *(f"##{c}" for c in LETTERS), "ab", "##be"]
# Hard cases for a lower-case model, drawn more often than they would be by chance.
HARD = "ΣσςΌΔΟΣ\u0345\u0301\u0130\u00ad\u200b\u2028\u3000\ue000\uffff\ud800\U0001f600\u0149ﬁÅÇǆＡ，"
HARD += "\u1680\u180e\u166d\u1734\U000111c9㐀\uf900\U00020000\U0002f800\U000e0001\0\ufffd\x85\x1c\t"
# A list: `st.text` would take the union of the alphabets, in which the hard ones drown.
CLOSE = st.lists(st.one_of(st.characters(), st.sampled_from(HARD + LETTERS + " ABE")), max_size=30)
REFERENCE = Path(__file__).parents[1] / "data" / "reference"


def iter_lines(name):
    return [json.loads(line) for line in (REFERENCE / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="session")
def tokenizers(minilm_vocab):
    return {lower: Tokenizer.from_file(minilm_vocab, lowercase=lower) for lower in (True, False)}


def test_the_928_token_lines_of_google(tokenizers):
    lines = iter_lines("tokens.jsonl")
    assert len(lines) == 928
    for line in lines:
        assert tokenizers[line["lower"]].tokenize(line["text"]) == line["tokens"], line["text"]
    for lower, tokenizer in tokenizers.items():
        chosen = [line for line in lines if line["lower"] == lower]
        assert tokenizer.token_ids(line["text"] for line in chosen) == [
            line["ids"] for line in chosen
        ]


def test_the_60_pairs_of_google(tokenizers):
    lines = iter_lines("pairs.jsonl")
    assert len(lines) == 60
    for line in lines:
        pairs = None if line["text_b"] is None else [line["text_b"]]
        size = line["max_seq_length"]
        encoded = tokenizers[line["lower"]].encode([line["text_a"]], pairs, max_length=size)
        [(ids, first)] = encoded
        padding = [0] * (size - len(ids))
        assert ids + padding == line["input_ids"]
        assert [1] * len(ids) + padding == line["input_mask"]
        assert [0] * first + [1] * (len(ids) - first) + padding == line["segment_ids"]


@pytest.mark.parametrize("lower", [True, False], ids=["lower", "cased"])
@given(text=CLOSE.map("".join))
@settings(max_examples=300, deadline=None)
def test_any_text_is_tokenized_by_the_plain_rules(lower, text):
    small = SMALL[lower]
    assert small.tokenize(text) == oracle(text, small.ids, lower)


SMALL = {lower: Tokenizer(PIECES, lowercase=lower) for lower in (True, False)}


@pytest.mark.parametrize("lower", [True, False], ids=["lower", "cased"])
def test_characters_of_every_block(lower, tokenizers):
    """Every 41st code point, at other places in each block of 256, alone and inside a word."""
    tokenizer = tokenizers[lower]
    characters = [chr(code) for code in range(int(lower), sys.maxunicode + 1, 41)]
    characters = [c for c in characters if unicodedata.category(c) != "Cn"]
    texts = [f"{c} a{c}b" for c in characters]
    expected = [[tokenizer.ids[p] for p in oracle(t, tokenizer.ids, lower)] for t in texts]
    found = zip(texts, tokenizer.token_ids(texts), expected, strict=True)
    assert [(ascii(text), got, want) for text, got, want in found if got != want] == []


@pytest.mark.parametrize("length", [199, 200, 201])
def test_a_word_of_more_than_200_characters_is_unknown(length):
    pieces = SMALL[True].tokenize("e" * length)
    assert pieces == (["e"] + ["##e"] * (length - 1) if length <= 200 else ["[UNK]"])


def test_one_text_is_cut_to_the_length():
    tokenizer = SMALL[True]
    a, b = tokenizer.ids["a"], tokenizer.ids["b"]
    assert tokenizer.encode(["a b a", "b", " "], max_length=4) == [
        ([2, a, b, 3], 4),
        ([2, b, 3], 3),
        ([2, 3], 2),
    ]
    assert tokenizer.encode(["a b a"], ["b"], max_length=6) == [([2, a, b, 3, b, 3], 4)]
    assert tokenizer.encode(["a"], ["\u200b "], max_length=6) == [([2, a, 3], 3)]


def test_the_settings_are_independent():
    text = "É好好"
    vocabulary = [*PIECES, "好好", "É", "E", "e\u0301", "e"]
    found = {
        (lower, accents, cjk): Tokenizer(vocabulary, lower, accents, cjk).tokenize(text)
        for lower, accents, cjk in [
            *((True, None, True), (True, True, True), (False, None, True), (False, True, True)),
            *((True, None, False), (False, None, False)),
        ]
    }
    assert found == {
        (True, None, True): ["e", "好", "好"],
        (True, True, True): ["e", "好", "好"],
        (False, None, True): ["É", "好", "好"],
        (False, True, True): ["E", "好", "好"],
        (True, None, False): ["e", "##好", "##好"],
        (False, None, False): ["É", "##好", "##好"],
    }


def test_vocab_txt_and_tokenizer_json_agree(minilm_vocab, tokenizers):
    from_json = Tokenizer.from_file(minilm_vocab.with_name("tokenizer.json"))
    # transformers looks up shorter words than Google.
    assert from_json.get_config() == {**tokenizers[True].get_config(), "max_word_length": 100}
    same = Tokenizer.from_file(minilm_vocab.with_name("tokenizer.json"), max_word_length=200)
    assert same.fingerprint == tokenizers[True].fingerprint
    assert len(from_json.vocabulary) == 30522
    assert (from_json.pad_id, from_json.unk_id, from_json.cls_id, from_json.sep_id) == (
        *(0, 100, 101, 102),
    )


def test_a_vocabulary_file_is_read_as_google_reads_it(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_bytes("[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\na\u2028b\r\na \r\n".encode())
    assert Tokenizer.from_file(path).vocabulary == (*PIECES[:4], "a\u2028b", "a")
    # If a piece occurs twice, the last one counts.
    assert Tokenizer([*PIECES, "ab"]).token_ids(["ab"]) == [[len(PIECES)]]


def test_config_and_fingerprint():
    tokenizer = Tokenizer(PIECES, lowercase=False, strip_accents=True, split_cjk=False)
    again = Tokenizer.from_config(json.loads(json.dumps(tokenizer.get_config())))
    assert again.get_config() == tokenizer.get_config()
    assert again.fingerprint == tokenizer.fingerprint
    others = [
        Tokenizer(PIECES, lowercase=True, strip_accents=True, split_cjk=False),
        Tokenizer(PIECES, lowercase=False, strip_accents=None, split_cjk=False),
        Tokenizer(PIECES, lowercase=False, strip_accents=True, split_cjk=True),
        Tokenizer([*PIECES, "x"], lowercase=False, strip_accents=True, split_cjk=False),
    ]
    assert len({tokenizer.fingerprint, *(other.fingerprint for other in others)}) == 5


VOCAB = {piece: number for number, piece in enumerate(PIECES)}
BERT = {"type": "BertNormalizer", "lowercase": False, "strip_accents": None}


def test_settings_of_tokenizer_json(tmp_path):
    path = tmp_path / "tokenizer.json"
    spec = {
        "normalizer": {**BERT, "handle_chinese_chars": False},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {"vocab": VOCAB},
    }
    path.write_text(json.dumps(spec))
    expected = Tokenizer(PIECES, False, None, False, max_word_length=100)
    assert Tokenizer.from_file(path).get_config() == expected.get_config()
    assert Tokenizer.from_file(path, lowercase=True).lowercase is True


@pytest.mark.parametrize(
    ("name", "content", "held"),
    [
        ("vocab.txt", b"[PAD]\n[UNK]\na\n", "3 pieces lacks [CLS], [SEP]"),
        ("vocab.txt", b"", "lacks [PAD], [UNK], [CLS], [SEP]"),
        ("vocab.txt", b"\xff\xfe", "it is not UTF-8"),
        ("t.json", b"{", "is not JSON"),
        ("t.json", b"[]", "of the kind unknown"),
        ("t.json", {"model": {"type": "BPE", "vocab": VOCAB}}, "of the kind BPE"),
        ("t.json", {"model": {"type": "Unigram", "vocab": [["a", 0.5]]}}, "of the kind Unigram"),
        ("t.json", {"model": {"vocab": VOCAB}}, "BertNormalizer"),
        ("t.json", {"model": {"vocab": VOCAB}, "normalizer": {"type": "NFC"}}, "with NFC"),
        ("t.json", {"model": {"vocab": {**VOCAB, "x": 99}}, "normalizer": BERT}, "not 0 to"),
    ],
    ids=["specials", "empty", "bytes", "broken", "list", "BPE", "Unigram", "none", "NFC", "gap"],
)
def test_other_tokenizers_are_refused(name, content, held, tmp_path):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(KbertError) as refusal:
        Tokenizer.from_file(path)
    assert held in str(refusal.value)


def test_a_missing_vocabulary_is_refused(tmp_path):
    with pytest.raises(KbertError, match=r"no vocabulary file .*none\.txt"):
        Tokenizer.from_file(tmp_path / "none.txt")


@pytest.mark.parametrize("texts", ["one text", None, ["a", None], [float("nan")], [7], [["a"]]])
def test_values_that_are_not_texts_are_refused(texts):
    tokenizer = Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"])
    with pytest.raises(KbertError, match="`texts` must be a"):
        tokenizer.token_ids(texts)
    with pytest.raises(KbertError, match="must be a"):
        tokenizer.encode(texts, max_length=8)
