"""Tokens that are looked for in a text before it is cut into words, as Hugging Face does it."""

from collections.abc import Iterable
from typing import Any

from tokenizers import AddedToken

from kbert.errors import InputError

GOOGLE_SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
MAX_PIECE = 1000  # characters; WordPiece looks up words of at most 200
_MAX_CHARACTERS = 10**6  # of all added tokens: the machine that looks for them grows with it
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
            `AddedToken`: `normalized` (whether it is looked for in the lower-cased text; defaults
            to True), `lstrip`, `rstrip`, `single_word` and `special`, which default to False.

    Raises:
        KbertError: a token has other types, stands twice, or is one of Google's special pieces.

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
        content = token.get("content") if isinstance(token, dict) else None
        if not isinstance(content, str) or not is_content(content):
            raise InputError(
                "An added token must be an object whose content is a text of 1 to "
                "{max_piece:,} characters without NUL. Received: {token!r:.80}",
                max_piece=MAX_PIECE,
                token=token,
            )
        if content in checked or content in GOOGLE_SPECIALS:
            why = "stands twice" if content in checked else "is one of Google's special pieces"
            raise InputError(
                "The added token {content!r:.80} {why}. Take it out of added_tokens.",
                content=content,
                why=why,
            )
        for name, value in token.items():
            if name != "content" and (name not in FLAGS or not isinstance(value, bool)):
                raise InputError(
                    "The added token {content!r:.80}: expected true or false for {flags}. "
                    "Received: {name!r:.80} with {value!r:.80}",
                    content=content,
                    flags=", ".join(FLAGS),
                    name=name,
                    value=value,
                )
        checked[content] = {"content": content, **FLAGS, **token}
    if sum(map(len, checked)) > _MAX_CHARACTERS:
        raise InputError(
            "The added tokens have {map:,} characters in all; at most {_max_characters:,} were "
            "expected.",
            map=sum(map(len, checked)),
            _max_characters=_MAX_CHARACTERS,
        )
    return tuple(checked.values())


def is_content(content: str) -> bool:
    """Whether a tokenizer can look for this text."""
    surrogate = any("\ud800" <= character <= "\udfff" for character in content)
    return 0 < len(content) <= MAX_PIECE and "\0" not in content and not surrogate


def rust_tokens(tokens: Iterable[dict[str, Any]]) -> list[AddedToken]:
    """Return added tokens as the Rust library takes them."""
    return [AddedToken(token["content"], **{n: token[n] for n in FLAGS}) for token in tokens]
