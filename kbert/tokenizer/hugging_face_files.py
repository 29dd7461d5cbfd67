"""What Hugging Face's files say of a tokenizer, as the arguments of kbert's."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kbert.errors import InputError
from kbert.tokenizer.added_tokens import FLAGS, GOOGLE_SPECIALS


def settings_of(spec: Any, source: Path) -> dict[str, Any]:
    """Return the arguments of `Tokenizer` from what a tokenizer.json holds.

    Args:
        spec: the value of the JSON.
        source: what messages call the file.

    Raises:
        KbertError: it is no WordPiece of BERT, or its ids have gaps.
    """
    model = spec.get("model") if isinstance(spec, dict) else None
    if not isinstance(model, dict):
        model = {}
    kind = model.get("type", "WordPiece" if "vocab" in model else "unknown")
    if kind != "WordPiece" or not isinstance(model.get("vocab"), dict):
        raise InputError(
            "{source} holds a tokenizer of the kind {kind!s:.80}, and kbert takes BERT's "
            "WordPiece. Is it the tokenizer of a BERT model?",
            source=source,
            kind=kind,
        )
    normalizer = spec.get("normalizer")
    if not isinstance(normalizer, dict):
        normalizer = {}
    if normalizer.get("type") != "BertNormalizer":
        raise InputError(
            "{source} normalizes with {normalizer!s:.80}, and kbert takes BertNormalizer. Is "
            "it the tokenizer of a BERT model?",
            source=source,
            normalizer=normalizer.get("type"),
        )
    ids = model["vocab"]
    if not all(type(i) is int for i in ids.values()) or set(ids.values()) != set(range(len(ids))):
        raise InputError(
            "{source}: the ids of the vocabulary are not 0 to {ids}.",
            source=source,
            ids=len(ids) - 1,
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
        "added_tokens": added_tokens_of([(t.get("id"), t) for t in added], ids, source),
    }


def added_tokens_of(
    tokens: Sequence[tuple[Any, Any]], ids: Mapping[str, int], source: object
) -> list[dict[str, Any]]:
    """Return the added tokens without Google's special pieces, in the order of their ids.

    Args:
        tokens: ids and plain data.
        ids: the ids of the vocabulary's pieces.
        source: what messages call the file.

    Raises:
        KbertError: an id is not that of the piece, or leaves a gap after the vocabulary's.
    """
    for number, token in tokens:
        if type(number) is not int or not isinstance(token, dict):
            raise InputError(
                "{source}: an added token must be an object with a whole number as its id. "
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
                "{source}: the added token {content!r:.80} has the id {number}, and {expected} "
                "was expected: the ids of vocabulary and added tokens must have no gap.",
                source=source,
                content=content,
                number=number,
                expected=expected,
            )
        following += number == following
        if content not in GOOGLE_SPECIALS:
            # Hugging Face's own default: what is special is looked for in the text as it is.
            normalized = not token.get("special", False)
            kept = {name: token[name] for name in ("content", *FLAGS) if name in token}
            found.append({"normalized": normalized, **kept})
    return found


def added_tokens_beside(
    config: Mapping[str, Any], older: Mapping[str, Any], ids: Mapping[str, int], source: object
) -> list[dict[str, Any]]:
    """Return the added tokens of a folder without a tokenizer.json.

    Args:
        config: what tokenizer_config.json and special_tokens_map.json hold; an
            `added_tokens_decoder` goes first.
        older: what added_tokens.json holds, which folders of before 2023 have: ids by content.
        ids: the ids of the vocabulary's pieces.
        source: what messages call the folder.

    Raises:
        KbertError: they are of other types, or their ids leave a gap.
    """
    decoder = config.get("added_tokens_decoder")
    if decoder is None:
        # As transformers 5 has it, for which what has the list's older name is not special here.
        kept = {name: value for name, value in config.items() if not name.startswith("additional_")}
        names = {token["content"] for token in special_tokens(kept)}
        tokens = [(n, {"content": text, "special": text in names}) for text, n in older.items()]
        return added_tokens_of(tokens, ids, source)
    if not isinstance(decoder, dict):
        raise InputError(
            "{source}: added_tokens_decoder must be an object. Received: {decoder!r:.80}",
            source=source,
            decoder=decoder,
        )
    numbers = [int(key) if re.fullmatch("[0-9]{1,9}", key) else key for key in decoder]
    return added_tokens_of(list(zip(numbers, decoder.values(), strict=True)), ids, source)


def special_tokens(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what a folder's configuration calls special tokens beside BERT's."""
    found = [value for name, value in config.items() if name.endswith("_token")]
    for name in ("additional_special_tokens", "extra_special_tokens"):
        listed = config.get(name)
        listed = listed.values() if isinstance(listed, dict) else listed
        found += listed if isinstance(listed, (list, type({}.values()))) else []
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
