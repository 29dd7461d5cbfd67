"""Google's WordPiece, through the Rust `tokenizers`."""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer as RustTokenizer
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

from kbert.errors import KbertError
from kbert.untrusted import parse_json, read_bytes

# Outside these blocks the Rust normalizer and Google's differ on some characters: it follows an
# older Unicode, drops private-use characters, and lower-cases a final sigma without its context.
# A text with any other character is normalized in Python first; tests compare every code point.
_RARE = re.compile(
    "[^\0-\u03a2\u03a4-\u05ff\u0e00-\u0e7f\u1e00-\u1fff\u2000-\u2e42\u3000-\u9fff\uac00-\ud7a3"
    "\uff00-\uffef\U0001f300-\U0001f6ff]"
)
_RECLASSIFIED = "\u166d\u1734\U000111c9"  # punctuation or accents to the Rust normalizer only
_CJK_IN_RARE = re.compile(
    "[\uf900-\ufaff\U00020000-\U0002a6df\U0002a700-\U0002ceaf\U0002f800-\U0002fa1f]"
)
_LONGEST_PIECE = 1000  # characters; WordPiece looks up words of at most 200
_SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


class Tokenizer:
    """Texts to token ids, exactly as google-research/bert's `FullTokenizer` does it.

    Args:
        vocabulary: sequence of str. The pieces, in the order of their ids; must hold [PAD],
            [UNK], [CLS] and [SEP].
        lowercase: bool. Whether to lower-case and to strip accents. Defaults to True.
        strip_accents: bool or None. None follows `lowercase`, as Google does. Defaults to None.
        split_cjk: bool. Whether every Chinese character is a word. Defaults to True.

    Raises:
        KbertError: a special piece is missing.

    Example:

    ```python
    tokenizer = Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##able"])
    assert tokenizer.tokenize("Unable") == ["un", "##able"]
    assert tokenizer.encode(["unable"], max_length=8) == [([2, 4, 5, 3], 4)]
    ```
    """

    def __init__(
        self,
        vocabulary: Sequence[str],
        lowercase: bool = True,
        strip_accents: bool | None = None,
        split_cjk: bool = True,
    ) -> None:
        self.vocabulary = tuple(vocabulary)
        for piece in self.vocabulary:
            if not isinstance(piece, str) or len(piece) > _LONGEST_PIECE or "\0" in piece:
                raise KbertError(
                    f"A piece of a vocabulary must be a text of at most {_LONGEST_PIECE:,} "
                    f"characters without NUL. Received: {piece!r:.80}"
                )
        for setting in (lowercase, strip_accents, split_cjk):
            if setting not in (True, False, None):
                raise KbertError(
                    "The tokenizer's settings must be true, false or null. "
                    f"Received: {setting!r:.80}"
                )
        self.lowercase = bool(lowercase)
        self.strip_accents = strip_accents
        self.split_cjk = bool(split_cjk)
        ids: dict[str, int] = {}
        for number, piece in enumerate(self.vocabulary):
            ids[piece] = number  # of a piece that stands twice Google takes the last
        missing = [piece for piece in _SPECIALS if piece not in ids]
        if missing:
            raise KbertError(
                f"The vocabulary of {len(self.vocabulary)} pieces lacks {', '.join(missing)}. "
                "Is it a BERT vocabulary, one piece a line?"
            )
        self.ids = ids
        self.pad_id, self.unk_id, self.cls_id, self.sep_id = (ids[p] for p in _SPECIALS)
        # A letter that no piece holds: what is made of it can only become [UNK].
        self._letters = set("".join(self.vocabulary))
        yi_syllables = map(chr, range(0xA000, 0xA48D))
        self._unknown = next((c for c in yi_syllables if c not in self._letters), "")
        if not self._unknown:
            raise KbertError("The vocabulary holds all Yi syllables, and kbert needs a free one.")
        rust = RustTokenizer(
            models.WordPiece(vocab=ids, unk_token="[UNK]", max_input_chars_per_word=200)
        )
        rust.normalizer = normalizers.BertNormalizer(
            clean_text=True,
            handle_chinese_chars=self.split_cjk,
            strip_accents=strip_accents,
            lowercase=self.lowercase,
        )
        rust.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        self._rust = rust

    @classmethod
    def from_file(cls, path: str | Path, **settings: Any) -> "Tokenizer":
        """Return the tokenizer of a vocab.txt or of a Hugging Face tokenizer.json.

        Args:
            path: the file.
            **settings: the constructor's arguments, over what a tokenizer.json says.
        """
        path = Path(path)
        try:
            data = read_bytes(path)
            if path.suffix == ".json":
                return cls(**{**_from_hugging_face(parse_json(data, path), path), **settings})
            text = data.decode("utf-8")
        except FileNotFoundError:
            raise KbertError(f"There is no vocabulary file {path}.") from None
        except UnicodeDecodeError as error:
            raise KbertError(f"{path} is not a vocabulary: it is not UTF-8 ({error}).") from None
        except OSError as error:
            raise KbertError(f"{path} cannot be read: {error.strerror}.") from None
        # Only "\n" ends a piece: a vocabulary may hold the Unicode line separators.
        pieces = [piece.strip() for piece in text.removesuffix("\n").split("\n")]
        return cls(pieces, **settings)

    def tokenize(self, text: str) -> list[str]:
        """Return the pieces of one text, without special ones."""
        return self._rust.encode(self._prepared(text), add_special_tokens=False).tokens

    def token_ids(self, texts: Iterable[str]) -> list[list[int]]:
        """Return the ids of each text, without special pieces, computed on all cores."""
        prepared = [self._prepared(text) for text in texts]
        encodings = self._rust.encode_batch_fast(prepared, add_special_tokens=False)
        return [encoding.ids for encoding in encodings]

    def encode(
        self, texts: Sequence[str], pairs: Sequence[str] | None = None, *, max_length: int
    ) -> list[tuple[list[int], int]]:
        """Return what the model reads for each text or pair, truncated as Google does.

            one text:  [CLS] text [SEP]
            a pair:    [CLS] text [SEP] pair [SEP]

        A pair that is too long loses tokens from the end of its longer text, and at a tie from
        the second. A pair of blanks counts as none.

        Args:
            texts: sequence of str.
            pairs: sequence of str, or None.
            max_length: int. The most tokens, the special ones counted; at least 3 (a pair: 5).

        Returns:
            A list of (ids, length of the first segment), the first segment with its [CLS], [SEP].
        """
        firsts = self.token_ids(texts)
        if pairs is None:
            seconds: list[list[int]] = [[]] * len(firsts)
        else:
            seconds = self.token_ids(pairs)
        result = []
        for first, second in zip(firsts, seconds, strict=True):
            if second:
                keep_first, keep_second = truncated_lengths(len(first), len(second), max_length - 3)
                head = [self.cls_id, *first[:keep_first], self.sep_id]
                result.append(([*head, *second[:keep_second], self.sep_id], len(head)))
            else:
                ids = [self.cls_id, *first[: max_length - 2], self.sep_id]
                result.append((ids, len(ids)))
        return result

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of vocabulary and settings."""
        import hashlib

        text = json.dumps(self.get_config(), ensure_ascii=True, sort_keys=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    def to_hugging_face(self) -> str:
        """Return the tokenizer.json of Hugging Face's libraries, with BERT's special pieces.

        It lacks what kbert does in Python for characters on which the Rust normalizer differs
        from Google's: private-use ones, final sigmas, and scripts newer than it.
        """
        own = RustTokenizer.from_str(self._rust.to_str())
        own.add_special_tokens([p for p in (*_SPECIALS, "[MASK]") if p in self.ids])
        own.post_processor = processors.TemplateProcessing(
            single="[CLS]:0 $A:0 [SEP]:0",
            pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
            special_tokens=[("[CLS]", self.cls_id), ("[SEP]", self.sep_id)],
        )
        own.decoder = decoders.WordPiece()
        return own.to_str(pretty=True)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "vocabulary": list(self.vocabulary),
            "lowercase": self.lowercase,
            "strip_accents": self.strip_accents,
            "split_cjk": self.split_cjk,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Tokenizer":
        """Return the tokenizer of a `get_config`."""
        return cls(**config)

    def _prepared(self, text: str) -> str:
        """Normalize in Python a text on which the Rust normalizer might differ from Google's."""
        if not _RARE.search(text):
            return text
        # `lower` looks round a sigma, so what is removed must be gone by then.
        text = "".join(c for c in text if not _is_removed(c))
        if self.lowercase:
            text = text.lower()
        if self.lowercase if self.strip_accents is None else self.strip_accents:
            text = unicodedata.normalize("NFD", text)
            text = "".join(c for c in text if unicodedata.category(c) != "Mn")
        return "".join(self._separated(c) for c in text)

    def _separated(self, character: str) -> str:
        category = unicodedata.category(character)
        known = category not in ("Co", "Cn", "Cs") and character not in _RECLASSIFIED
        shown = character if known or character in self._letters else self._unknown
        if category[0] == "P" or (self.split_cjk and _CJK_IN_RARE.match(character)):
            return f" {shown} "
        return shown


def _is_removed(character: str) -> bool:
    if character in "\t\n\r":
        return False
    return character in "\0\ufffd" or unicodedata.category(character) in ("Cc", "Cf")


def truncated_lengths(first: int, second: int, budget: int) -> tuple[int, int]:
    """Return the lengths left when the longer of two texts loses tokens until both fit.

    The closed form of Google's `_truncate_seq_pair`, in which a tie shortens the second text.
    """
    if first + second <= budget:
        return first, second
    keep_first = min(first, max(budget - second, (budget + 1) // 2))
    return keep_first, min(second, budget - keep_first)


def _from_hugging_face(spec: Any, path: Path) -> dict[str, Any]:
    model = spec.get("model") if isinstance(spec, dict) else None
    if not isinstance(model, dict):
        model = {}
    kind = model.get("type", "WordPiece" if "vocab" in model else "unknown")
    if kind != "WordPiece" or not isinstance(model.get("vocab"), dict):
        raise KbertError(
            f"{path} holds a tokenizer of the kind {kind!s:.80}, and kbert takes BERT's "
            "WordPiece. Is it the tokenizer of a BERT model?"
        )
    normalizer = spec.get("normalizer")
    if not isinstance(normalizer, dict):
        normalizer = {}
    if normalizer.get("type") != "BertNormalizer":
        raise KbertError(
            f"{path} normalizes with {normalizer.get('type')!s:.80}, and kbert takes "
            "BertNormalizer. Is it the tokenizer of a BERT model?"
        )
    ids = model["vocab"]
    if not all(type(i) is int for i in ids.values()) or set(ids.values()) != set(range(len(ids))):
        raise KbertError(f"{path}: the ids of the vocabulary are not 0 to {len(ids) - 1}.")
    return {
        "vocabulary": sorted(ids, key=ids.__getitem__),
        "lowercase": normalizer.get("lowercase", True),
        "strip_accents": normalizer.get("strip_accents"),
        "split_cjk": normalizer.get("handle_chinese_chars", True),
    }
