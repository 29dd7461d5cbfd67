"""labels.txt, in which kbert names the classes of a head if a format has no place for them."""

from collections.abc import Sequence
from pathlib import Path

from kbert.utils.untrusted import read_bytes

_NAME = "labels.txt"


def read_labels_file(folder: Path) -> tuple[str, ...] | None:
    """Return the names of the classes, or None where there is no such file."""
    file = folder / _NAME
    if not file.is_file():
        return None
    text = read_bytes(file, folder).decode("utf-8", "replace")
    return tuple(text.removesuffix("\n").split("\n"))  # a label may hold Unicode's line separators


def write_labels_file(folder: Path, labels: Sequence[str]) -> None:
    """Write the names of the classes, one per line."""
    text = "".join(f"{label}\n" for label in labels)
    (folder / _NAME).write_text(text, encoding="utf-8", newline="\n")
