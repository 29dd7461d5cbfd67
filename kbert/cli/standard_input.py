"""Standard input as a file that can be read twice."""

import io
import shutil
import tempfile
from typing import Any, BinaryIO


class StandardInput(io.BufferedReader):
    """The content of a stream, in an unnamed temporary file that is deleted with this object.

    Args:
        stream: binary stream. Read to its end.
    """

    def __init__(self, stream: BinaryIO) -> None:
        raw: Any = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        shutil.copyfileobj(stream, raw)
        raw.seek(0)
        super().__init__(raw)
        self._name = str(getattr(stream, "name", "standard input"))

    @property
    def name(self) -> str:
        """The name that messages use."""
        return self._name

    def seekable(self) -> bool:
        return False  # its lines are taken as they are, like those of a pipe
