"""Google's WordPiece, through the Rust `tokenizers`."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from kbert.choices import CutPair, LongText
from kbert.errors import InputError, KbertError
from kbert.findings import Cure
from kbert.results.given_texts import as_texts
from kbert.tokenizer.added_tokens import check_added_tokens
from kbert.tokenizer.hugging_face_files import parse_tokenizer_json
from kbert.tokenizer.rare_characters import RareCharacters
from kbert.tokenizer.rare_texts import RareTexts
from kbert.tokenizer.rust_tokenizers import GOOGLE_MAX_WORD, build_wordpiece, tokenizer_json
from kbert.tokenizer.text_ids import TextIds
from kbert.tokenizer.text_parts import TextParts
from kbert.tokenizer.tokenizer_checks import (
    SPECIALS,
    check_pieces,
    check_settings,
    check_word_length,
)
from kbert.tokenizer.truncation import check_truncation, kept_tokens, truncated_lengths
from kbert.tokenizer.vocabulary import parse_vocab_txt, without_shadowed
from kbert.tokenizer.window_split import WindowSplit
from kbert.tokenizer.windows import Windows, known_windows
from kbert.utils.file_errors import file_error
from kbert.utils.untrusted import parse_json, read_bytes


class Tokenizer:
    """Converts texts to token ids, exactly as google-research/bert's `FullTokenizer` does.

    Args:
        vocabulary: sequence of str. The pieces, in the order of their ids; must include [PAD],
            [UNK], [CLS] and [SEP].
        lowercase: bool. Whether to lower-case and to strip accents. Defaults to True.
        strip_accents: bool or None. None follows `lowercase`, as Google does. Defaults to None.
        split_cjk: bool. Whether every Chinese character is a word. Defaults to True.
        added_tokens: sequence of dict. Tokens that are searched for before a text is split into
            words, as in Hugging Face's tokenizers; those that are not in the vocabulary get the ids
            after it, in their order. See `check_added_tokens`. Google's special pieces are not
            added tokens: "[MASK]" in a text is plain text. Defaults to ().
        max_word_length: int. Characters of the longest word that is looked up; a longer one becomes
            [UNK]. Defaults to 200, as in Google's code; transformers uses 100.
        split_special_tokens: bool. Whether special added tokens are plain text too, as with
            transformers' setting of the same name. Defaults to False.
        long_text: "head", "tail" or "head+tail": what is kept of a text that is too long, see
            `kept_tokens`; or "windows": it is read in windows. Defaults to "head", as in Google's
            code.
        cut_pair: "longest", "first" or "second". Which text of a pair that is too long is cut, see
            `truncated_lengths`, or windowed, see `WindowSplit`. Defaults to "longest", as in
            Google's code.
        windows: Windows or a dict of its arguments, or None. Defaults to None: `Windows()` if
            `long_text` is "windows".

    Raises:
        KbertError: a special piece is missing, an added token has another type, or `windows` is
            given with another `long_text`.

    Example:

    ```python
    tokenizer = Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##able"])
    assert tokenizer.tokenize("Unable") == ["un", "##able"]
    assert tokenizer.encode(["unable"], max_length=8) == [([2, 4, 5, 3], 4)]
    ```
    """

    casing_cure: Cure | None = None
    """How to set the other casing at the source of this tokenizer; None if it was not read."""

    def __init__(
        self,
        vocabulary: Sequence[str],
        lowercase: bool = True,
        strip_accents: bool | None = None,
        split_cjk: bool = True,
        added_tokens: Sequence[dict[str, Any]] = (),
        max_word_length: int = GOOGLE_MAX_WORD,
        split_special_tokens: bool = False,
        long_text: LongText = "head",
        cut_pair: CutPair = "longest",
        windows: Windows | dict[str, Any] | None = None,
    ) -> None:
        self.vocabulary = tuple(vocabulary)
        check_pieces(self.vocabulary)
        check_settings(lowercase, strip_accents, split_cjk, split_special_tokens)
        check_word_length(max_word_length)
        check_truncation(long_text, cut_pair)
        self.lowercase = bool(lowercase)
        self.strip_accents = strip_accents
        self.split_cjk = bool(split_cjk)
        self.max_word_length = max_word_length
        self.split_special_tokens = bool(split_special_tokens)
        self.long_text: LongText = long_text
        self.cut_pair: CutPair = cut_pair
        self.windows = known_windows(long_text, windows)
        # If a piece occurs twice, Google takes the last id.
        ids = {piece: number for number, piece in enumerate(self.vocabulary)}
        self.added_tokens = check_added_tokens(added_tokens)
        beyond = [t["content"] for t in self.added_tokens if t["content"] not in ids]
        if beyond and len(ids) < len(self.vocabulary):
            raise InputError(
                "A piece of the vocabulary occurs twice, so the ids of the added tokens are "
                "ambiguous.",
                cure=Cure(note="remove the piece, or leave the added tokens out"),
            )
        self._names = (*self.vocabulary, *beyond)
        self.ids = ids | {piece: len(self.vocabulary) + n for n, piece in enumerate(beyond)}
        self.pad_id, self.unk_id, self.cls_id, self.sep_id = (ids[p] for p in SPECIALS)
        stripped = self.lowercase if strip_accents is None else strip_accents
        letters = set("".join(self._names))
        rare = RareCharacters(letters, self.lowercase, bool(stripped), self.split_cjk)
        pieces = {piece: self.ids[piece] for piece in self.vocabulary}
        settings: dict[str, Any] = {
            "max_word_length": max_word_length,
            "split_special_tokens": self.split_special_tokens,
            "handle_chinese_chars": self.split_cjk,
            "strip_accents": self.strip_accents,
            "lowercase": self.lowercase,
        }
        self._rust = build_wordpiece(pieces, self.added_tokens, **settings)
        rare_texts = RareTexts(rare, self.ids, pieces, self.added_tokens, settings)
        parts = TextParts(rare, [t["content"] for t in self.added_tokens], max_word_length)
        self._text_ids = TextIds(self._rust, rare_texts, parts)
        for token in self.added_tokens:
            if token["normalized"] and not self._rust.normalizer.normalize_str(token["content"]):
                raise InputError(
                    "The added token {content!r:.80} is empty after normalization.",
                    content=token["content"],
                    cure=Cure(note="remove it, or set its `normalized` to false"),
                )

    @classmethod
    def from_file(cls, path: str | Path, **settings: Any) -> "Tokenizer":
        """Return the tokenizer of a vocab.txt or of a Hugging Face tokenizer.json.

        Args:
            path: the file.
            **settings: the constructor's arguments, which replace those of a tokenizer.json.
        """
        path = Path(path)
        try:
            data = read_bytes(path)
            if path.suffix == ".json":
                settings = {**parse_tokenizer_json(parse_json(data, path), path), **settings}
                pieces = settings.pop("vocabulary")
            else:
                pieces = parse_vocab_txt(data)
        except FileNotFoundError:
            raise InputError("There is no vocabulary file {path}.", path=path) from None
        except UnicodeDecodeError as error:
            raise InputError(
                "{path} is not a vocabulary: it is not UTF-8 ({error}).", path=path, error=error
            ) from None
        except OSError as error:
            raise file_error("{path} cannot be read: {reason}.", of=error, path=path) from error
        try:
            return cls(pieces, **settings)
        except KbertError as error:
            raise InputError("{path}: {error}", path=path, error=error) from None

    def __len__(self) -> int:
        """The number of ids: those of the vocabulary, and of added tokens that are not in it."""
        return len(self._names)

    def tokenize(self, text: str) -> list[str]:
        """Return the pieces of one text, without special ones."""
        return [self._names[number] for number in self.token_ids([text])[0]]

    def token_ids(self, texts: Iterable[str], limit: int | None = None) -> list[list[int]]:
        """Return the ids of each text, without special pieces, using all cores.

        Args:
            texts: iterable of str.
            limit: int or None. The maximum number of ids per text: those that `long_text` keeps. If
                these are its head, the text beyond what they depend on is not read. Defaults to
                None: all ids.

        Raises:
            InputError: one of the texts is not a string.
        """
        texts, _ = as_texts(texts, blank=True)
        found: list[list[int]] = [[] for _ in texts]
        enough = limit if self.long_text in ("head", "windows") else None
        for number, ids in self._text_ids.of_parts(
            texts, lambda number: enough is None or len(found[number]) < enough
        ):
            found[number] += ids
            if limit is not None:
                found[number] = kept_tokens(found[number], limit, self.long_text)
        return found

    def count(self, texts: Iterable[str]) -> list[tuple[int, int]]:
        """Return the number of ids of each text, and how many of them are [UNK]."""
        texts = list(texts)
        tokens, unknown = [0] * len(texts), [0] * len(texts)
        for number, ids in self._text_ids.of_parts(texts, lambda number: True):
            tokens[number] += len(ids)
            unknown[number] += ids.count(self.unk_id)
        return list(zip(tokens, unknown, strict=True))

    def encode(
        self, texts: Sequence[str], pairs: Sequence[str] | None = None, *, max_length: int
    ) -> list[tuple[list[int], int]]:
        """Return what the model reads of each text or pair; one that is too long is cut.

            one text:  [CLS] text [SEP]
            a pair:    [CLS] text [SEP] pair [SEP]

        By default a text loses its end, and a pair the end of its longer text, or of the second if
        they are equally long, as in Google's code; `long_text` and `cut_pair` change this. What
        is read in windows may be longer: `window_split` makes the windows. A blank second text
        counts as none.

        Args:
            texts: sequence of str.
            pairs: sequence of str, or None.
            max_length: int. The maximum number of tokens, including the special ones; at least 3,
                or 5 for pairs.

        Returns:
            A list of (ids, length of the first segment including its [CLS] and [SEP]).
        """
        split = self.window_split(max_length, is_pair=pairs is not None)
        # More of a text never counts, whatever the other one is: it would be cut anyway.
        most = self.most_tokens(max_length) - 2
        firsts = self.token_ids(texts, most)
        if pairs is None:
            seconds: list[list[int]] = [[]] * len(firsts)
        else:
            seconds = self.token_ids(pairs, most)
        result = []
        for first, second in zip(firsts, seconds, strict=True):
            if second:
                if split is None:
                    sizes = len(first), len(second)
                    rooms = truncated_lengths(*sizes, max_length - 3, self.cut_pair)
                else:
                    rooms = split.kept_of(len(first), len(second))
                first, second = (
                    kept_tokens(tokens, room, self.long_text)
                    for tokens, room in zip((first, second), rooms, strict=True)
                )
                head = [self.cls_id, *first, self.sep_id]
                result.append(([*head, *second, self.sep_id], len(head)))
            else:
                ids = [self.cls_id, *first, self.sep_id]
                result.append((ids, len(ids)))
        return result

    def window_split(self, max_length: int, *, is_pair: bool = False) -> WindowSplit | None:
        """Return what splits long texts, or pairs, into windows; None if they are cut.

        Args:
            max_length: int. The maximum number of tokens of a window.
            is_pair: bool. Whether there are pairs. Defaults to False.
        """
        if self.windows is None:
            return None
        return WindowSplit(self.windows, max_length, self.cut_pair, is_pair=is_pair)

    def most_tokens(self, max_length: int) -> int:
        """Return the maximum number of tokens read of a text, in all windows of `max_length`."""
        split = self.window_split(max_length)
        return max_length if split is None else split.most_tokens

    def with_truncation(
        self,
        long_text: LongText | None = None,
        cut_pair: CutPair | None = None,
        windows: Windows | None = None,
    ) -> "Tokenizer":
        """Return a tokenizer that cuts long texts differently, or reads them in windows.

        Args:
            long_text: as in the constructor. Defaults to None: as in this one.
            cut_pair: as in the constructor. Defaults to None: as in this one.
            windows: as in the constructor. Defaults to None: as in this one, or `Windows()`.
        """
        given = {"long_text": long_text, "cut_pair": cut_pair, "windows": windows}
        changes = {k: v for k, v in given.items() if v not in (None, getattr(self, k))}
        if not changes:
            return self
        config = {**self.get_config(), **changes}
        if config.get("long_text") != "windows" and windows is None:
            config.pop("windows", None)
        changed = self.from_config(config)
        changed.casing_cure = self.casing_cure
        return changed

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of vocabulary and settings."""
        text = json.dumps(self.get_config(), ensure_ascii=True, sort_keys=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    @property
    def written_vocabulary(self) -> list[str]:
        """The vocabulary for other programs' files: `vocabulary`, but each piece occurs once."""
        return without_shadowed(self.vocabulary)

    def to_hugging_face(self) -> str:
        """Return the tokenizer.json for Hugging Face's libraries, which adds [CLS] and [SEP].

        As in kbert, "[SEP]" in a text is plain text. The file lacks what kbert does in Python for
        characters on which the Rust normalizer differs from Google's: private-use characters, and
        scripts newer than the normalizer. It has its own step for final sigmas.
        """
        return tokenizer_json(self._rust, self.written_vocabulary)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments; those added later are left out at their defaults."""
        config: dict[str, Any] = {
            "vocabulary": list(self.vocabulary),
            "lowercase": self.lowercase,
            "strip_accents": self.strip_accents,
            "split_cjk": self.split_cjk,
        }
        # Without added tokens, the fingerprint is that of runs from before kbert had them.
        # The same holds for each setting added since.
        if self.added_tokens:
            config["added_tokens"] = [dict(token) for token in self.added_tokens]
        if self.max_word_length != GOOGLE_MAX_WORD:
            config["max_word_length"] = self.max_word_length
        if self.split_special_tokens:
            config["split_special_tokens"] = True
        if self.long_text != "head":
            config["long_text"] = self.long_text
        if self.cut_pair != "longest":
            config["cut_pair"] = self.cut_pair
        if self.windows is not None:
            config["windows"] = asdict(self.windows)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Tokenizer":
        """Return the tokenizer that `get_config` described."""
        return cls(**config)
