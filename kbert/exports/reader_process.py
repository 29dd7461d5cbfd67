"""Reopen an export in a process of its own.

transformers and torch are not imported into the same process as TensorFlow, which keras-hub
imports: some of their builds load triton, which crashes the process if TensorFlow came first.
"""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kbert.errors import InputError
from kbert.exports.child_process import command, environment, why_it_failed


class ReaderProcess:
    """An export that is open in a process of its own, until `close`.

    Args:
        format: str. Its module has `load_predict(path, max_length)`, which returns a function from
            texts, and pairs or None, to probabilities.
        path: Path. The export.
        max_length: int. The maximum tokens of a text.
    """

    def __init__(self, format: str, path: Path, max_length: int) -> None:
        self._format = format
        # A pipe would fill up and block the process.
        self._stderr = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115
        self._process = subprocess.Popen(
            command("read", format, str(path), str(max_length)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=environment(),
            encoding="utf-8",
            errors="replace",
        )

    def __call__(self, texts: Sequence[str], pairs: Sequence[str] | None) -> np.ndarray:
        """Return the probabilities [texts, labels]."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            request = [list(texts), pairs if pairs is None else list(pairs)]
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return np.array(json.loads(self._process.stdout.readline()), np.float32)
        except (OSError, ValueError):  # the pipe is broken, or the line is empty
            raise InputError(
                "The {format} export was written and could not be reopened: {why}",
                format=self._format,
                why=self._why(),
            ) from None

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._stderr.close()

    def _why(self) -> str:
        self._process.communicate()
        self._stderr.seek(0)
        text = self._stderr.read().decode("utf-8", "replace")
        return why_it_failed(text, self._process.returncode)
