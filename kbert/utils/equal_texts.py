"""When two texts are the same, apart from how they are written."""

import re
import unicodedata

# Characters without width that copying from web pages leaves behind; the tokenizer drops them.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")


def bare_text(text: str) -> str:
    """Return a text in the form in which equal texts agree: NFKC, without letter case, one blank
    between words, no invisible characters.

    Example:

    ```python
    assert bare_text("Ｇood  film") == bare_text("good film ")
    ```
    """
    if text.isascii():
        return " ".join(text.lower().split())
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold()
    return " ".join(unicodedata.normalize("NFKC", text).split())


def bare_pair(text: str, pair: str) -> str:
    """Return a pair of texts in that form, as one string."""
    first = bare_text(text)
    return f"{len(first)}:{first}{bare_text(pair)}"
