"""Parses tokenizer settings from Hugging Face files."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kbert.errors import InputError
from kbert.findings import worded
from kbert.tokenizer.added_tokens import FLAGS, GOOGLE_SPECIALS
from kbert.tokenizer.final_sigma import without_final_sigma
from kbert.tokenizer.vocabulary import without_shadowed

HUGGING_FACE_MAX_WORD = 100
"""Characters of the longest word that transformers looks up, where no file tells."""


def parse_tokenizer_json(spec: Any, source: Path) -> dict[str, Any]:
    """Return the arguments of `Tokenizer` from the contents of a tokenizer.json.

    Args:
        spec: the value of the JSON.
        source: the name of the file in messages.

    Raises:
        KbertError: it is not BERT's WordPiece, or its ids have gaps.
    """
    vocabulary = parse_vocabulary(spec, source)
    words = {"unk_token": "[UNK]", "continuing_subword_prefix": "##"}
    _check_settings(spec["model"], words, source, "model")
    normalizer = _part(spec, "normalizer", worded("normalizes with"), "BertNormalizer", source)
    _check_settings(normalizer, {"clean_text": True}, source, "normalizer")
    _part(spec, "pre_tokenizer", worded("finds words with"), "BertPreTokenizer", source)
    ids = {piece: number for number, piece in enumerate(vocabulary)}
    return {
        "vocabulary": vocabulary,
        "lowercase": normalizer.get("lowercase", True),
        "strip_accents": normalizer.get("strip_accents"),
        "split_cjk": normalizer.get("handle_chinese_chars", True),
        "max_word_length": spec["model"].get("max_input_chars_per_word", HUGGING_FACE_MAX_WORD),
        "added_tokens": parse_added_tokens(numbered_tokens(spec, source), ids, source),
    }


def parse_vocabulary(spec: Any, source: Path, beside: Sequence[str] = ()) -> list[str]:
    """Return the pieces of a tokenizer.json, in the order of their ids.

    Args:
        spec: the value of the JSON.
        source: the name of the file in messages.
        beside: sequence of str. The pieces of a vocab.txt, which are taken where the two agree:
            of a piece that occurs twice, a tokenizer.json holds only the last id. Defaults to ().

    Raises:
        KbertError: it is not BERT's WordPiece, or its ids have gaps.
    """
    model = spec.get("model") if isinstance(spec, dict) else None
    if not isinstance(model, dict):
        model = {}
    kind = model.get("type", "WordPiece" if "vocab" in model else "unknown")
    ids = model.get("vocab")
    if kind != "WordPiece":
        raise InputError(
            "{source} contains a tokenizer of the kind {kind!s:.80}; kbert supports only BERT's "
            "WordPiece. Is it the tokenizer of a BERT model?",
            source=source,
            kind=kind,
        )
    if not isinstance(ids, dict):
        raise InputError(
            "{source}: the vocab of its model must be an object. Received: {ids!r:.80}",
            source=source,
            ids=ids,
        )
    if ids == {piece: number for number, piece in enumerate(beside)}:
        return list(beside)
    if not all(type(i) is int for i in ids.values()) or set(ids.values()) != set(range(len(ids))):
        raise InputError(
            "{source}: the ids of the vocabulary are not 0 to {last}.",
            source=source,
            last=len(ids) - 1,
        )
    return without_shadowed(sorted(ids, key=ids.__getitem__), blanks_too=True)


def numbered_tokens(spec: Mapping[str, Any], source: object) -> list[tuple[Any, Any]]:
    """Return the added tokens of a tokenizer.json with their ids."""
    added = spec.get("added_tokens") or []
    if not isinstance(added, list) or not all(isinstance(token, dict) for token in added):
        raise InputError(
            "{source}: added_tokens must be a list of objects. Received: {added!r:.80}",
            source=source,
            added=added,
        )
    return [(token.get("id"), token) for token in added]


def _part(
    spec: Mapping[str, Any], name: str, does: str, expected: str, source: Path
) -> dict[str, Any]:
    """Return a part of a tokenizer.json, which must be BERT's."""
    part = without_final_sigma(spec.get(name))
    kind = part.get("type") if isinstance(part, dict) else None
    if not isinstance(part, dict) or kind != expected:
        raise InputError(
            "{source} {does} {kind!s:.80}; kbert supports only {expected}. Is it the tokenizer of "
            "a BERT model?",
            source=source,
            does=does,
            kind=kind,
            expected=expected,
        )
    return part


def _check_settings(
    part: Mapping[str, Any], settings: Mapping[str, Any], source: Path, name: str
) -> None:
    """Raise InputError when a part of a tokenizer.json has another setting than BERT's."""
    for setting, expected in settings.items():
        if part.get(setting, expected) != expected:
            raise InputError(
                "{source}: {setting} of the {name} must be {expected!r}, as in BERT's tokenizer. "
                "Received: {value!r:.80}",
                source=source,
                setting=setting,
                name=name,
                expected=expected,
                value=part[setting],
            )


def parse_added_tokens(
    tokens: Sequence[tuple[Any, Any]], ids: Mapping[str, int], source: object
) -> list[dict[str, Any]]:
    """Return the added tokens without Google's special pieces, in the order of their ids.

    Args:
        tokens: sequence of (id, plain data).
        ids: the ids of the vocabulary's pieces.
        source: the name of the file in messages.

    Raises:
        KbertError: an id differs from that of the piece, or leaves a gap after the vocabulary.
    """
    for number, token in tokens:
        if type(number) is not int or not isinstance(token, dict):
            raise InputError(
                "{source}: an added token must be an object with an integer as its id. "
                "Received: {token!r:.80} with {number!r:.80}",
                source=source,
                token=token,
                number=number,
            )
    found = []
    following = max(ids.values(), default=-1) + 1
    for number, token in sorted(tokens, key=lambda pair: pair[0]):
        content = token.get("content")
        expected = ids.get(content, following) if isinstance(content, str) else number
        if number != expected:
            raise InputError(
                "{source}: the added token {content!r:.80} has the id {number}, but {expected} "
                "was expected: the ids of vocabulary and added tokens must have no gap.",
                source=source,
                content=content,
                number=number,
                expected=expected,
            )
        if number == following:
            following += 1
        if content not in GOOGLE_SPECIALS:
            # Hugging Face's own default: special tokens are searched for in the original text.
            normalized = not token.get("special", False)
            kept = {name: token[name] for name in ("content", *FLAGS) if name in token}
            found.append({"normalized": normalized, **kept})
    return found


def added_tokens_beside(
    config: Mapping[str, Any],
    older: Mapping[str, Any],
    ids: Mapping[str, int],
    source: object,
    listed: Sequence[tuple[Any, Any]] = (),
) -> list[dict[str, Any]]:
    """Return the added tokens of a folder.

    Args:
        config: the contents of tokenizer_config.json and special_tokens_map.json; an
            `added_tokens_decoder` has priority.
        older: the contents of added_tokens.json, in folders from before 2023: ids by content.
        ids: the ids of the vocabulary's pieces.
        source: the name of the folder in messages.
        listed: sequence of (id, plain data). Those of its tokenizer.json. Defaults to ().

    Raises:
        KbertError: they have other types, or their ids leave a gap.
    """
    decoder = config.get("added_tokens_decoder")
    if decoder is None:
        # As in transformers 5, where tokens under the older name of the list are not special here.
        kept = {name: value for name, value in config.items() if not name.startswith("additional_")}
        names = {token["content"] for token in special_tokens(kept)}
        tokens = [(n, {"content": text, "special": text in names}) for text, n in older.items()]
        taken = {number for number, _ in listed if type(number) is int}
        beside = [(n, token) for n, token in tokens if type(n) is not int or n not in taken]
        return parse_added_tokens([*beside, *listed], ids, source)
    if not isinstance(decoder, dict):
        raise InputError(
            "{source}: added_tokens_decoder must be an object. Received: {decoder!r:.80}",
            source=source,
            decoder=decoder,
        )
    numbers = [int(key) if re.fullmatch("[0-9]{1,9}", key) else key for key in decoder]
    return parse_added_tokens(list(zip(numbers, decoder.values(), strict=True)), ids, source)


def special_tokens(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the special tokens of a folder's configuration, other than BERT's own."""
    found = [value for name, value in config.items() if name.endswith("_token")]
    for name in ("additional_special_tokens", "extra_special_tokens"):
        listed = config.get(name)
        if isinstance(listed, dict):
            listed = list(listed.values())
        found += listed if isinstance(listed, list) else []
    tokens = [{"content": token} if isinstance(token, str) else token for token in found]
    return [
        {
            "content": token["content"],
            "normalized": token.get("normalized", False),
            **{name: token.get(name, False) for name in ("lstrip", "rstrip", "single_word")},
            "special": True,
        }
        for token in tokens
        if isinstance(token, dict)
        and isinstance(token.get("content"), str)
        and token["content"] not in GOOGLE_SPECIALS
    ]
