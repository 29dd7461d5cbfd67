"""Tokens that are looked for in a text before it is cut into words, as Hugging Face does it."""

from collections.abc import Iterable
from typing import Any

from tokenizers import AddedToken

from kbert.errors import KbertError

GOOGLE_SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LONGEST_PIECE = 1000  # characters; WordPiece looks up words of at most 200
_MOST_CHARACTERS = 10**6  # of all added tokens: the machine that looks for them grows with it
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
        raise KbertError(f"added_tokens must be a list of objects. Received: {tokens!r:.80}")
    checked: dict[str, dict[str, Any]] = {}
    for token in tokens:
        content = token.get("content") if isinstance(token, dict) else None
        if not isinstance(content, str) or not is_content(content):
            raise KbertError(
                "An added token must be an object whose content is a text of 1 to "
                f"{LONGEST_PIECE:,} characters without NUL. Received: {token!r:.80}"
            )
        if content in checked or content in GOOGLE_SPECIALS:
            why = "stands twice" if content in checked else "is one of Google's special pieces"
            raise KbertError(f"The added token {content!r:.80} {why}. Take it out of added_tokens.")
        for name, value in token.items():
            if name != "content" and (name not in FLAGS or not isinstance(value, bool)):
                raise KbertError(
                    f"The added token {content!r:.80}: expected true or false for "
                    f"{', '.join(FLAGS)}. Received: {name!r:.80} with {value!r:.80}"
                )
        checked[content] = {"content": content, **FLAGS, **token}
    if sum(map(len, checked)) > _MOST_CHARACTERS:
        raise KbertError(
            f"The added tokens have {sum(map(len, checked)):,} characters in all; at most "
            f"{_MOST_CHARACTERS:,} were expected."
        )
    return tuple(checked.values())


def is_content(content: str) -> bool:
    """Whether a tokenizer can look for this text."""
    surrogate = any("\ud800" <= character <= "\udfff" for character in content)
    return 0 < len(content) <= LONGEST_PIECE and "\0" not in content and not surrogate


def rust_tokens(tokens: Iterable[dict[str, Any]]) -> list[AddedToken]:
    """Return added tokens as the Rust library takes them."""
    return [AddedToken(token["content"], **{n: token[n] for n in FLAGS}) for token in tokens]
