"""Where an export is written before it is renamed into place."""

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kbert.errors import InputError, MachineError
from kbert.findings import Option
from kbert.utils.file_errors import check_name, file_error

_OUTPUT = Option("output")


def check_output(output: Path, suffix: str = "") -> None:
    """Raise InputError when something exists at the path, or it cannot name an export.

    Args:
        output: Path.
        suffix: str. What its name must end in. Defaults to "".
    """
    check_name("output", output)
    if not output.name:
        raise InputError(
            "{option} must name a folder or file to write. Received: {output!r}",
            option=_OUTPUT,
            output=str(output),
        )
    if not output.name.endswith(suffix):
        raise InputError(
            "{option} must end in {suffix}. Received: {output}",
            option=_OUTPUT,
            suffix=suffix,
            output=output,
        )
    if output.exists():
        raise InputError(
            "{output} already exists; kbert never overwrites files. Name another {option}.",
            output=output,
            option=_OUTPUT,
        )
    above = next(path for path in output.parents if path.exists())
    if not above.is_dir():
        raise InputError(
            "{above} is a file, and {output} would lie in it. Name another {option}.",
            above=above,
            output=output,
            option=_OUTPUT,
        )


@contextmanager
def staging_folder(output: Path) -> Iterator[Path]:
    """Yield a temporary folder on the disk where `output` will be, and remove it afterwards.

    Raises:
        MachineError: nothing can be written there, or the disk is full.
    """
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=output.parent, prefix=f".{output.name}-"))
    except OSError as error:
        raise file_error(
            "Nothing can be written in {parent}: {reason}. Name another {option}.",
            of=error,
            parent=output.parent,
            option=_OUTPUT,
        ) from error
    try:
        yield folder
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise MachineError(
            "The disk that holds {parent} is full. Free some space, or name another {option}.",
            parent=output.parent,
            option=_OUTPUT,
        ) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
