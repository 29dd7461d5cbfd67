"""Google's normalization, in Python, of texts on which the Rust normalizer differs from it."""

import re
import unicodedata

from kbert.errors import InputError

# Outside these blocks the Rust normalizer and Google's differ on some characters: Rust's follows an
# older Unicode, drops private-use characters, and lower-cases a final sigma without its context.
# A text with any other character is normalized in Python first; tests compare every code point.
_RARE = re.compile(
    "[^\0-\u03a2\u03a4-\u05ff\u0e00-\u0e7f\u1e00-\u1fff\u2000-\u2e42\u3000-\u9fff\uac00-\ud7a3"
    "\uff00-\uffef\U0001f300-\U0001f6ff]"
)
_RECLASSIFIED = "\u166d\u1734\U000111c9"  # punctuation or accents to the Rust normalizer only
_CJK_IN_RARE = re.compile(
    "[\uf900-\ufaff\U00020000-\U0002a6df\U0002a700-\U0002ceaf\U0002f800-\U0002fa1f]"
)


def is_rare(text: str) -> bool:
    """Whether a text has characters on which the Rust normalizer might differ from Google's."""
    return _RARE.search(text) is not None


class RareCharacters:
    """Google's normalization of texts with rare characters, for one tokenizer's settings.

    Args:
        letters: set of str. The characters that occur in the pieces.
        lowercase: bool.
        strip_accents: bool.
        split_cjk: bool.

    Raises:
        KbertError: the letters include all Yi syllables, of which one must be free.

    Example:

    ```python
    assert RareCharacters({"a"}, True, True, True).normalize("A\\u0600") == "a"
    ```
    """

    def __init__(
        self, letters: set[str], lowercase: bool, strip_accents: bool, split_cjk: bool
    ) -> None:
        self.letters = letters
        self.lowercase = lowercase
        self.strip_accents = strip_accents
        self.split_cjk = split_cjk
        # A letter that no piece contains, so a word with it can only become [UNK].
        self.unknown = next((c for c in map(chr, range(0xA000, 0xA48D)) if c not in letters), "")
        if not self.unknown:
            raise InputError(
                "The vocabulary contains all Yi syllables, but kbert needs one that is free."
            )

    @property
    def any_private(self) -> bool:
        """Whether there are letters that the Rust normalizer would remove."""
        return any(is_rare(c) and unicodedata.category(c) in ("Co", "Cn") for c in self.letters)

    def normalize(self, text: str) -> str:
        """Return a text as Google normalizes it, so that the Rust normalizer changes nothing."""
        # `lower` looks at the letters around a sigma, so removed characters must be gone by then.
        text = "".join(c for c in text if not _is_removed(c))
        if self.lowercase:
            text = text.lower()
        if self.strip_accents:
            text = unicodedata.normalize("NFD", text)
            text = "".join(c for c in text if unicodedata.category(c) != "Mn")
        return "".join(self._separated(c) if is_rare(c) else c for c in text)

    def _separated(self, character: str) -> str:
        category = unicodedata.category(character)
        known = category not in ("Co", "Cn", "Cs") and character not in _RECLASSIFIED
        shown = character if known or character in self.letters else self.unknown
        if category[0] == "P" or (self.split_cjk and _CJK_IN_RARE.match(character)):
            return f" {shown} "
        return shown


def _is_removed(character: str) -> bool:
    if character in "\t\n\r":
        return False
    return character in "\0\ufffd" or unicodedata.category(character) in ("Cc", "Cf")
