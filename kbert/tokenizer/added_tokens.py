"""Tokens that are searched for in a text before it is split into words, as in Hugging Face."""

import re
from collections.abc import Container
from typing import Any

from kbert.errors import InputError
from kbert.findings import Cure, Joined

GOOGLE_SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
MAX_PIECE = 1000  # characters; WordPiece looks up words of up to 200
_MAX_CHARACTERS = 10**6  # of all added tokens: the automaton that finds them grows with it
_UNUSABLE = re.compile("[\0\ud800-\udfff]")
FLAGS = {
    "normalized": True,
    "lstrip": False,
    "rstrip": False,
    "single_word": False,
    "special": False,
}


def check_added_tokens(tokens: Any) -> tuple[dict[str, Any], ...]:
    """Return added tokens as plain data with all their flags, or raise KbertError.

    Args:
        tokens: list of dict. Each has `content`, and may have the flags of Hugging Face's
            `AddedToken`: `normalized` (whether it is searched for in the lower-cased text; defaults
            to True), `lstrip`, `rstrip`, `single_word` and `special`, which default to False.

    Raises:
        KbertError: a token has other types, occurs twice, or is one of Google's special pieces.

    Example:

    ```python
    [token] = check_added_tokens([{"content": "<user>"}])
    assert token["normalized"] and not token["single_word"]
    ```
    """
    if not isinstance(tokens, (list, tuple)):
        raise InputError(
            "added_tokens must be a list of objects. Received: {tokens!r:.80}", tokens=tokens
        )
    checked: dict[str, dict[str, Any]] = {}
    for token in tokens:
        content = _check_content(token, checked)
        _check_flags(token)
        checked[content] = {"content": content, **FLAGS, **token}
    if sum(map(len, checked)) > _MAX_CHARACTERS:
        raise InputError(
            "The added tokens have {length:,} characters in total; at most {max_length:,} were "
            "expected.",
            length=sum(map(len, checked)),
            max_length=_MAX_CHARACTERS,
        )
    return tuple(checked.values())


def _check_content(token: Any, earlier: Container[str]) -> str:
    """Return the content of an added token, or raise KbertError."""
    content = token.get("content") if isinstance(token, dict) else None
    if not isinstance(content, str) or not is_content(content):
        raise InputError(
            "An added token must be an object whose content is a string of 1 to {max_length:,} "
            "characters without NUL. Received: {token!r:.80}",
            max_length=MAX_PIECE,
            token=token,
        )
    if content in earlier or content in GOOGLE_SPECIALS:
        raise InputError(
            "The added token {content!r:.80} occurs twice."
            if content in earlier
            else "The added token {content!r:.80} is one of Google's special pieces.",
            content=content,
            cure=Cure(note="remove it"),
        )
    return content


def _check_flags(token: dict[str, Any]) -> None:
    for name, value in token.items():
        if name != "content" and (name not in FLAGS or not isinstance(value, bool)):
            raise InputError(
                "The added token {content!r:.80}: {names} must be true or false. Received: "
                "{name!r:.80} with {value!r:.80}",
                content=token["content"],
                names=Joined(FLAGS),
                name=name,
                value=value,
            )


def is_content(content: str) -> bool:
    """Whether a tokenizer can search for this string."""
    return 0 < len(content) <= MAX_PIECE and _UNUSABLE.search(content) is None
