"""Final sigmas in tokenizer.json, as Python and Google lower-case them."""

from collections.abc import Iterable
from typing import Any

# What Unicode calls cased, and case-ignorable; and the control characters, which are removed.
_CASED = (
    r"[\p{Lu}\p{Ll}\p{Lt}ªºⅠ-ⅿⒶ-ⓩ"
    "\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189]"
)
_SKIPPED = (
    r"[\p{Mn}\p{Me}\p{Cf}\p{Lm}\p{Sk}\0-\x08\x0B\x0C\x0E-\x1F"
    "\x7f-\x9f\ufffd"
    "'.:\u00b7\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a]"
)
_STEP = {
    "type": "Replace",
    "pattern": {"Regex": rf"{_CASED}{_SKIPPED}*\KΣ(?!{_SKIPPED}*{_CASED})"},
    "content": "ς",
}


def has_final_sigma(lowercase: bool, pieces: Iterable[str]) -> bool:
    """Return whether a final sigma can have other ids in the Rust library than in kbert."""
    return lowercase and any("σ" in piece or "ς" in piece for piece in pieces)


def with_final_sigma(normalizer: dict[str, Any]) -> dict[str, Any]:
    """Return the normalizer of a tokenizer.json behind a step that finds final sigmas.

    The Rust library lower-cases letter by letter, and a capital sigma always to σ; at the end of a
    word it is ς.

    Args:
        normalizer: dict. BERT's.
    """
    return {"type": "Sequence", "normalizers": [_STEP, normalizer]}


def without_final_sigma(normalizer: Any) -> Any:
    """Return what `with_final_sigma` has been given; any other normalizer as it is."""
    if isinstance(normalizer, dict) and normalizer.get("type") == "Sequence":
        steps = normalizer.get("normalizers")
        if isinstance(steps, list) and len(steps) == 2 and steps[0] == _STEP:
            return steps[1]
    return normalizer
