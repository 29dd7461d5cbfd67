"""Where an export is written, until it takes its name."""

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kbert.errors import InputError, MachineError


def check_output(output: Path) -> None:
    """Raise KbertError when there is something at the path, or it names nothing."""
    if not output.name:
        raise InputError(
            "--output must name a folder or file to write. Received: {output!r}", output=str(output)
        )
    if output.exists():
        raise InputError(
            "{output} exists, and nothing is overwritten. Name another --output.", output=output
        )
    above = next(path for path in output.parents if path.exists())
    if not above.is_dir():
        raise InputError(
            "{above} is a file, and {output} would lie in it. Name another --output.",
            above=above,
            output=output,
        )


@contextmanager
def staging_folder(output: Path) -> Iterator[Path]:
    """Give a folder to write in, on the disk where `output` will be, and take it away afterwards.

    Raises:
        MachineError: nothing can be written there, or the disk is full.
    """
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=output.parent, prefix=f".{output.name}-"))
    except OSError as error:
        raise MachineError(
            "Nothing can be written in {parent}: {strerror}. Name another --output.",
            parent=output.parent,
            strerror=error.strerror,
        ) from None
    try:
        yield folder
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise MachineError(
            "The disk that holds {parent} is full. Make room, or name another --output.",
            parent=output.parent,
        ) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
