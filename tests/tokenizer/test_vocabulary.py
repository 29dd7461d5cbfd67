"""A vocabulary in which a piece occurs twice: read, written and read again, with the same ids."""

import json

import pytest
import transformers

from kbert import KbertError, Tokenizer
from kbert.interop.hugging_face_tokenizer import hugging_face_tokenizer
from kbert.tokenizer.vocabulary import parse_vocab_txt, without_shadowed

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "film", "a", "film", "##s", "a", "good"]
TEXT = "a good film, films [never 4] never 4"


def test_each_piece_once():
    assert without_shadowed(["a", "b", "a", "[never 0]"]) == ["[[never 0]]", "b", "a", "[never 0]"]
    assert without_shadowed(["a ", "\n", "b\nc", "a"], blanks_too=True)[3] == "a"
    assert len(set(without_shadowed([" "] * 5, blanks_too=True))) == 5
    assert without_shadowed(["a ", "a"]) == ["a ", "a"]


def test_lines_of_a_file():
    assert parse_vocab_txt("a\r\nb \n\u2028c\n\n".encode()) == ["a", "b", "c", ""]


def test_what_is_written_has_the_same_ids(tmp_path):
    ours = Tokenizer(PIECES)
    assert ours.tokenize("a film") == ["a", "film"]
    assert ours.token_ids(["a film"]) == [[8, 6]]
    written = Tokenizer(ours.written_vocabulary)
    assert len(set(written.vocabulary)) == len(PIECES)
    assert written.token_ids([TEXT]) == ours.token_ids([TEXT])
    (tmp_path / "tokenizer.json").write_text(ours.to_hugging_face(), encoding="utf-8")
    again = Tokenizer.from_file(tmp_path / "tokenizer.json")
    assert again.token_ids([TEXT]) == ours.token_ids([TEXT])
    assert len(again) == len(PIECES)


@pytest.mark.parametrize("json_too", [False, True])
def test_a_folder_of_hugging_face(json_too, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    (tmp_path / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    if json_too:  # as 0.1 and transformers wrote it: the ids have gaps
        ids = {piece: n for n, piece in enumerate(PIECES)}
        rust = json.loads(Tokenizer([*dict.fromkeys(PIECES)]).to_hugging_face())
        rust["model"]["vocab"] = ids
        (tmp_path / "tokenizer.json").write_text(json.dumps(rust))
    ours = hugging_face_tokenizer(tmp_path)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert ours.token_ids([TEXT])[0] == theirs(TEXT, add_special_tokens=False)["input_ids"]
    assert ours.vocabulary == tuple(PIECES)
    if json_too:
        (tmp_path / "vocab.txt").write_text("\n".join(PIECES[:-1]) + "\n")
        with pytest.raises(KbertError, match="the ids of the vocabulary are not 0 to 7"):
            hugging_face_tokenizer(tmp_path)


def test_pieces_unfit_for_vocab_txt_do_not_replace_others(tmp_path):
    """ "film " in a tokenizer.json, written as a line of vocab.txt, would be "film"."""
    ids = {p: n for n, p in enumerate([*PIECES[:6], "film ", "\n", "a\nb", "##s"])}
    spec = {
        "model": {"type": "WordPiece", "vocab": ids},
        "normalizer": {"type": "BertNormalizer"},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(spec))
    ours = Tokenizer.from_file(tmp_path / "tokenizer.json")
    assert ours.token_ids(["a films"]) == [[5, 4, 9]]
    (tmp_path / "vocab.txt").write_text("\n".join(ours.vocabulary) + "\n")
    again = Tokenizer.from_file(tmp_path / "vocab.txt", max_word_length=100)
    assert again.fingerprint == ours.fingerprint


@pytest.mark.parametrize("piece", ["\ud800", "a\0", "x" * 1001, 3, None])
def test_other_pieces_are_refused(piece):
    with pytest.raises(KbertError, match="must be a string in UTF-8 of at most 1,000 characters"):
        Tokenizer([*PIECES, piece])
