"""Token ids of texts that Python normalizes before the Rust library sees them."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from tokenizers import Tokenizer as RustTokenizer

from kbert.tokenizer.rare_characters import RareCharacters
from kbert.tokenizer.rust_tokenizers import build_splitter, build_wordpiece

_SURROGATE = re.compile("[\ud800-\udfff]")


class RareTexts:
    """Tokenizes texts with characters on which the Rust normalizer differs from Google's.

    A text is split at the added tokens that are searched for in the original text; what is between
    them is normalized in Python.

    Args:
        rare: RareCharacters.
        ids: dict. The id of each piece and each added token.
        pieces: dict. The id of each piece.
        added_tokens: sequence of dict, as `check_added_tokens` returns them.
        settings: dict. The keyword arguments of `build_wordpiece`.
    """

    def __init__(
        self,
        rare: RareCharacters,
        ids: Mapping[str, int],
        pieces: Mapping[str, int],
        added_tokens: Sequence[dict[str, Any]],
        settings: Mapping[str, Any],
    ) -> None:
        self._rare = rare
        self._ids = ids
        self._pieces = pieces
        self._added_tokens = added_tokens
        self._settings = settings
        splits = settings["split_special_tokens"]
        self._unnormalized = [
            t for t in added_tokens if not t["normalized"] and not (splits and t["special"])
        ]

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, without special pieces."""
        split = [self._parts(text) for text in texts]
        normalized = [part for parts in split for part in parts if isinstance(part, str)]
        encodings = self._rust.encode_batch_fast(normalized, add_special_tokens=False)
        ids = iter([encoding.ids for encoding in encodings])
        found = []
        for parts in split:
            known = ([part] if isinstance(part, int) else next(ids) for part in parts)
            found.append([number for row in known for number in row])
        return found

    @cached_property
    def _rust(self) -> RustTokenizer:
        """For normalized texts, split at the tokens that are not normalized."""
        tokens = []
        for token in self._added_tokens:
            if token["normalized"]:
                tokens.append(token)
            elif token["content"] not in self._pieces:
                # Holds its id, so that the next ones keep theirs, but is never found.
                tokens.append({**token, "content": "\0" + token["content"]})
        clean_text = not self._rare.any_private
        return build_wordpiece(self._pieces, tokens, clean_text=clean_text, **self._settings)

    @cached_property
    def _splitter(self) -> RustTokenizer:
        return build_splitter(self._unnormalized)

    def _parts(self, text: str) -> list[str | int]:
        """Return the normalized parts of a text, and the ids of the added tokens between them."""
        if not self._unnormalized:
            return [self._rare.normalize(text)]
        encoding = self._splitter.encode(_SURROGATE.sub("\ufffd", text), add_special_tokens=False)
        return [
            self._ids[str(self._splitter.id_to_token(number))]
            if number
            else self._rare.normalize(text[start:end])
            for number, (start, end) in zip(encoding.ids, encoding.offsets, strict=True)
        ]
