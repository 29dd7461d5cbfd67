"""Which words of texts become [UNK], and why."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kbert.tokenizer.tokenizer import Tokenizer

Cause = Literal["length", "symbols", "script", "pieces"]

_TEXTS, _WORDS = 500, 3000  # examined
_CJK = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f"  # whose characters are words of their own
_KANA = re.compile("[\u3041-\u30ff]")
_WORD = re.compile(f"[{_CJK}]|[^\\s{_CJK}]+")


@dataclass(frozen=True)
class UnknownWords:
    """Why words become [UNK].

    Args:
        cause: "length" (longer than the words that the tokenizer looks up), "symbols" (words
            without letters and digits), "script" (letters that the vocabulary lacks) or "pieces"
            (the vocabulary has the letters, but no pieces to build the words from).
        script: str or None. The writing system of most of their letters.
        is_ascii: bool. Whether nearly all of these letters are a to z.
        example: str. The most frequent one.
    """

    cause: Cause
    script: str | None
    is_ascii: bool
    example: str


def find_unknown_words(texts: Sequence[str], tokenizer: Tokenizer) -> UnknownWords | None:
    """Return why words of the first few hundred texts become [UNK], or None if none do."""
    words: Counter[str] = Counter()
    for text in texts[:_TEXTS]:
        words.update(_WORD.findall(text))
    common = words.most_common(_WORDS)
    counted = tokenizer.count([word for word, _ in common])
    unknown = {w: n * u for (w, n), (_, u) in zip(common, counted, strict=True) if u}
    if not unknown:
        return None
    long = {w for w in unknown if len(w) > tokenizer.max_word_length}
    symbols = {w for w in unknown if not any(c.isalnum() for c in w)}
    letters: Counter[str] = Counter()
    for word, number in unknown.items():
        letters.update({c: number * n for c, n in Counter(filter(str.isalpha, word)).items()})
    script = _largest_script(letters)
    if script == "CJK" and sum(n for word, n in common if _KANA.search(word)) > 0.05 * sum(
        n for _, n in common
    ):
        script = "KATAKANA"  # Japanese, whose other characters are Chinese ones
    of_script = {c: n for c, n in letters.items() if script_of(c) == script}
    held = set("".join(tokenizer.vocabulary))
    known = sum(n for c, n in of_script.items() if _forms(c) & held)
    half = sum(unknown.values()) / 2
    is_known = script is None or known > sum(of_script.values()) / 2
    cause: Cause = "pieces" if is_known else "script"
    for name, part in (("symbols", symbols), ("length", long)):
        if sum(unknown[word] for word in part) >= half:
            cause = name  # type: ignore[assignment]
    shown = {"symbols": symbols, "length": long}.get(cause, unknown.keys())
    return UnknownWords(
        cause=cause,
        script=script,
        is_ascii=sum(n for c, n in of_script.items() if c.isascii()) > 0.98 * letters.total(),
        example=max((w for w in unknown if w in shown), key=lambda w: unknown[w])[:40],
    )


def script_of(letter: str) -> str:
    """Return a letter's writing system: the first word of its Unicode name."""
    return unicodedata.name(letter, "UNNAMED").split()[0]


def _largest_script(letters: Counter[str]) -> str | None:
    named: Counter[str] = Counter()
    for letter, number in letters.items():
        named[script_of(letter)] += number
    return named.most_common(1)[0][0] if named else None


def _forms(letter: str) -> set[str]:
    """Return a letter as it is, in lower case, and without its accents."""
    forms = {letter, letter.lower()}
    return forms | {part for form in forms for part in unicodedata.normalize("NFD", form)}
