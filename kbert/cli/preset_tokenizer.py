"""A preset's tokenizer for verbs that need no framework."""

from kbert.errors import KbertError
from kbert.findings import worded
from kbert.interop.sources import find_source
from kbert.tokenizer.tokenizer import Tokenizer


def preset_tokenizer(preset: str) -> tuple[Tokenizer | None, str]:
    """Return a preset's tokenizer, or the reason why there is none without a framework."""
    try:
        found = find_source(preset)
        if found.path is None:
            why = worded("the preset {preset} is on a hub, which needs Keras", preset=preset)
            return None, why
        return found.tokenizer(), ""
    except KbertError as error:
        return None, str(error)
