"""Words that programs write where a value is missing."""

from kbert.targets.label_keys import bare_name

# What pandas reads as missing, and what R, Excel, MySQL and people write.
_TOLD = {
    *("nan", "-nan", "none", "null", "nil", "<na>", "n/a", "#n/a", "#n/a n/a", "#na", "nat"),
    *("1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan", "(null)", "<null>", "<none>", "<nan>", "\\n"),
    *("#value!", "#ref!", "#name?", "#div/0!", "#null!", "#num!", "undefined", "{}", "[]", '""'),
}
_MAX_LENGTH = 20  # characters, blanks included
_MAYBE = {"na", "n.a.", "n.a", "n/d", "n.d.", "missing", "unset", "notset", "undef", "''", "()"}
_MAYBE |= {"notavailable", "notapplicable", "nolabel", "unlabeled", "unlabelled", "(blank)"}
_MAYBE |= {"(empty)", "缺失", "空值", "未标注"}
_MARKS = set("-_?.")  # a name made only of these counts as missing
_AROUND = ".;,()[]<>{}"


def looks_missing(name: str) -> bool:
    """Whether the name of a class is a word for a missing value, in any letter case and form."""
    bare = bare_name(name)
    words = {name.strip().casefold(), bare, bare.strip(_AROUND)}
    return not words.isdisjoint(_TOLD | _MAYBE) or (bare != "" and set(bare) <= _MARKS)


def is_told_missing(text: str) -> bool:
    """Whether a text is such a word, and not one that people write as a whole text."""
    if len(text) > _MAX_LENGTH:
        return False
    bare = bare_name(text)
    return text.strip().casefold() in _TOLD or bare in _TOLD or set(bare) == {"-"}
