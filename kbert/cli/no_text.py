"""A text that is given in place of a file of texts."""

import os
import shlex
from pathlib import Path

from kbert.data.reading.file_suffixes import format_of_suffix
from kbert.errors import InputError
from kbert.findings import Call, Cure

_SHOWN = 80  # characters


def check_is_no_text(model: Path, data: str) -> None:
    """Raise InputError if what should name a file looks like a text, and no such file exists.

    Args:
        model: Path. For the cure.
        data: str. What is given as the file.
    """
    is_path = os.sep in data or "*" in data or format_of_suffix(Path(data)) is not None
    if " " not in data.strip() or is_path or os.path.lexists(data):
        return
    raise InputError(
        "There is no file {data!r:.80}. Texts come from a file or from standard input.",
        data=data,
        cure=Cure(
            note="for one text: echo {text} | {call}",
            values={"text": shlex.quote(data[:_SHOWN]), "call": Call("predict", model)},
        ),
    )
