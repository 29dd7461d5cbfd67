"""Where two texts that are nearly the same differ."""

_ELLIPSIS = "…"


def around_difference(text: str, other: str, width: int) -> tuple[str, str]:
    """Return two texts as one line each, cut so that the place where they first differ is shown.

    Half of the width shows what they have in common before it, and more at the end of the texts.

    Args:
        text: str.
        other: str.
        width: int. How many characters of each are kept.

    Example:

    ```python
    texts = "A long beginning, and good.", "A long beginning, and bad."
    assert around_difference(*texts, 12) == ("…g, and good.", "…g, and bad.")
    ```
    """
    lines = [" ".join(one.split()) for one in (text, other)]
    first, second = lines
    pairs = enumerate(zip(first, second, strict=False))
    common = next(
        (at for at, (a, b) in pairs if a.casefold() != b.casefold()), min(map(len, lines))
    )
    start = max(0, min(common - width // 2, max(map(len, lines)) - width))
    return _cut(first, start, width), _cut(second, start, width)


def _cut(line: str, start: int, width: int) -> str:
    """Return a line from a place on, with an ellipsis for what is left out before and after."""
    before = _ELLIPSIS if start else ""
    after = _ELLIPSIS if len(line) > start + width else ""
    return f"{before}{line[start : start + width]}{after}"
