"""Text pairs need a model with two segments."""

from kbert.errors import InputError
from kbert.findings import Cure, Option


def check_segments(num_segments: int | None, has_pairs: bool, source: object) -> None:
    """Raise InputError when text pairs are given to a model with one segment.

    It has no embedding for the second text: torch raises an IndexError, and JAX computes NaN.

    Args:
        num_segments: int or None. The model's, where they are known.
        has_pairs: bool. Whether the texts are pairs.
        source: where the texts come from, in messages.
    """
    if not has_pairs or num_segments is None or num_segments > 1:
        return
    raise InputError(
        "{source} contains text pairs, but the model has one segment (type_vocab_size 1) and "
        "cannot tell the second text from the first.",
        source=source,
        cure=Cure(
            note="choose a preset with two segments",
            otherwise=(
                Cure(
                    note="read one column of texts, named with {text}",
                    values={"text": Option("text")},
                ),
            ),
        ),
    )
