"""The words of a text, each of which can be left out."""

import re
from collections.abc import Iterator

# As BERT's tokenizer has them: a Chinese character is a word, and so is a mark.
_CHINESE = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
_WORD = re.compile(f"[{_CHINESE}]|(?:(?![{_CHINESE}])\\w)+|[^\\w\\s]")


def text_words(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each word of a text begins and ends: a run of letters and digits, a Chinese
    character, or a mark.

    Example:

    ```python
    text = "So good!"
    assert [text[start:end] for start, end in text_words(text)] == ["So", "good", "!"]
    ```
    """
    return (found.span() for found in _WORD.finditer(text))


def without(text: str, start: int, end: int) -> str:
    """Return a text with a blank in place of a word, so that its neighbors are not joined."""
    return f"{text[:start]} {text[end:]}"
