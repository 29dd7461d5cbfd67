"""Builds tokenizers of the Rust library `tokenizers`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from kbert.tokenizer.added_tokens import FLAGS
from kbert.tokenizer.final_sigma import has_final_sigma, with_final_sigma

GOOGLE_MAX_WORD = 200


def build_wordpiece(
    ids: Mapping[str, int],
    added_tokens: Iterable[Mapping[str, Any]],
    *,
    max_word_length: int = GOOGLE_MAX_WORD,
    split_special_tokens: bool = False,
    **normalization: Any,
) -> Tokenizer:
    """Return BERT's WordPiece.

    Args:
        ids: dict. The id of each piece.
        added_tokens: iterable of dict, as `check_added_tokens` returns them.
        max_word_length: int. Characters of the longest word that is looked up. Defaults to 200.
        split_special_tokens: bool. Whether special added tokens are plain text in a text. Defaults
            to False.
        **normalization: the arguments of `BertNormalizer`.
    """
    words = {"unk_token": "[UNK]", "max_input_chars_per_word": max_word_length}
    rust = Tokenizer(models.WordPiece(vocab=dict(ids), **words))
    rust.normalizer = normalizers.BertNormalizer(**normalization)
    rust.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    rust.add_tokens(_rust_tokens(added_tokens))
    rust.encode_special_tokens = split_special_tokens
    return rust


def build_splitter(added_tokens: Iterable[Mapping[str, Any]]) -> Tokenizer:
    """Return a tokenizer that only finds added tokens, in a text as it is."""
    rust = Tokenizer(models.WordLevel(vocab={"[UNK]": 0}, unk_token="[UNK]"))
    rust.add_tokens(_rust_tokens(added_tokens))
    return rust


def tokenizer_json(rust: Tokenizer, vocabulary: Sequence[str]) -> str:
    """Return a WordPiece as Hugging Face's tokenizer.json.

    BERT's special pieces are not among its added tokens, so that none is found in a text; they are
    put around it. Added tokens that are found in a text are not called special, so that they are
    found by a program too that takes special tokens for plain text.

    Args:
        rust: the tokenizer.
        vocabulary: sequence of str. Its pieces, each once.
    """
    spec = json.loads(rust.to_str())
    spec["model"]["vocab"] = {piece: number for number, piece in enumerate(vocabulary)}
    for token in spec["added_tokens"]:
        token["special"] = token["special"] and rust.encode_special_tokens
    if has_final_sigma(spec["normalizer"]["lowercase"], vocabulary):
        spec["normalizer"] = with_final_sigma(spec["normalizer"])
    copy = Tokenizer.from_str(json.dumps(spec))
    copy.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[(piece, copy.token_to_id(piece)) for piece in ("[CLS]", "[SEP]")],
    )
    copy.decoder = decoders.WordPiece()
    return copy.to_str(pretty=True)


def _rust_tokens(tokens: Iterable[Mapping[str, Any]]) -> list[AddedToken]:
    return [AddedToken(token["content"], **{n: token[n] for n in FLAGS}) for token in tokens]
