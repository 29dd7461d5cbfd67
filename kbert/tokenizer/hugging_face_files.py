"""Parses tokenizer settings from Hugging Face files."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kbert.errors import InputError
from kbert.tokenizer.added_tokens import FLAGS, GOOGLE_SPECIALS


def parse_tokenizer_json(spec: Any, source: Path) -> dict[str, Any]:
    """Return the arguments of `Tokenizer` from the contents of a tokenizer.json.

    Args:
        spec: the value of the JSON.
        source: the name of the file in messages.

    Raises:
        KbertError: it is not BERT's WordPiece, or its ids have gaps.
    """
    model = spec.get("model") if isinstance(spec, dict) else None
    if not isinstance(model, dict):
        model = {}
    kind = model.get("type", "WordPiece" if "vocab" in model else "unknown")
    if kind != "WordPiece" or not isinstance(model.get("vocab"), dict):
        raise InputError(
            "{source} contains a tokenizer of the kind {kind!s:.80}; kbert supports only BERT's "
            "WordPiece. Is it the tokenizer of a BERT model?",
            source=source,
            kind=kind,
        )
    normalizer = spec.get("normalizer")
    if not isinstance(normalizer, dict):
        normalizer = {}
    if normalizer.get("type") != "BertNormalizer":
        raise InputError(
            "{source} normalizes with {normalizer!s:.80}; kbert supports only BertNormalizer. Is "
            "it the tokenizer of a BERT model?",
            source=source,
            normalizer=normalizer.get("type"),
        )
    ids = model["vocab"]
    if not all(type(i) is int for i in ids.values()) or set(ids.values()) != set(range(len(ids))):
        raise InputError(
            "{source}: the ids of the vocabulary are not 0 to {last}.",
            source=source,
            last=len(ids) - 1,
        )
    added = spec.get("added_tokens") or []
    if not isinstance(added, list) or not all(isinstance(token, dict) for token in added):
        raise InputError(
            "{source}: added_tokens must be a list of objects. Received: {added!r:.80}",
            source=source,
            added=added,
        )
    return {
        "vocabulary": sorted(ids, key=ids.__getitem__),
        "lowercase": normalizer.get("lowercase", True),
        "strip_accents": normalizer.get("strip_accents"),
        "split_cjk": normalizer.get("handle_chinese_chars", True),
        "added_tokens": parse_added_tokens([(t.get("id"), t) for t in added], ids, source),
    }


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
    config: Mapping[str, Any], older: Mapping[str, Any], ids: Mapping[str, int], source: object
) -> list[dict[str, Any]]:
    """Return the added tokens of a folder without a tokenizer.json.

    Args:
        config: the contents of tokenizer_config.json and special_tokens_map.json; an
            `added_tokens_decoder` has priority.
        older: the contents of added_tokens.json, in folders from before 2023: ids by content.
        ids: the ids of the vocabulary's pieces.
        source: the name of the folder in messages.

    Raises:
        KbertError: they have other types, or their ids leave a gap.
    """
    decoder = config.get("added_tokens_decoder")
    if decoder is None:
        # As in transformers 5, where tokens under the older name of the list are not special here.
        kept = {name: value for name, value in config.items() if not name.startswith("additional_")}
        names = {token["content"] for token in special_tokens(kept)}
        tokens = [(n, {"content": text, "special": text in names}) for text, n in older.items()]
        return parse_added_tokens(tokens, ids, source)
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
