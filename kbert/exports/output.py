"""Where an export may be written."""

from pathlib import Path

from kbert.errors import InputError
from kbert.findings import Option
from kbert.utils.file_errors import check_name
from kbert.utils.publish import check_free

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
    check_free(output)
    above = next(path for path in output.parents if path.exists())
    if not above.is_dir():
        raise InputError(
            "{above} is a file, and {output} would lie in it. Name another {option}.",
            above=above,
            output=output,
            option=_OUTPUT,
        )
