"""Words that programs write where a value is missing."""

# What pandas reads as missing, and what R, Excel, MySQL and people write.
_TOLD = {
    *("nan", "-nan", "none", "null", "nil", "<na>", "n/a", "#n/a", "#n/a n/a", "#na", "nat"),
    *("1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan", "(null)", "<null>", "<none>", "<nan>", "\\n"),
    *("#value!", "#ref!", "#name?", "#div/0!", "#null!", "#num!", "undefined", "{}", "[]", '""'),
}
_MAX_LENGTH = 20  # characters, blanks included
_MAYBE = {"na", "n.a.", "-", "--", "---", "?", ".", "_", "''", "()", "missing"}


def looks_missing(name: str) -> bool:
    """Whether the name of a class is a word for a missing value, in any letter case."""
    return name.strip().casefold() in _TOLD | _MAYBE


def is_told_missing(text: str) -> bool:
    """Whether a text is such a word, and none that people write as a whole text."""
    return len(text) <= _MAX_LENGTH and text.strip().casefold() in _TOLD
