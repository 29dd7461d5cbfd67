"""Standard input as a file that is read twice."""

import io
import shutil
import tempfile
from typing import Any, BinaryIO


class StandardInput(io.BufferedReader):
    """What a stream holds, in a temporary file without a name that vanishes with it.

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
        return False  # its lines are taken as they are, as those of a pipe
