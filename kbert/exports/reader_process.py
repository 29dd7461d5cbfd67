"""Open an export in a process of its own, and ask it there.

transformers and torch are not opened beside TensorFlow, which keras-hub brings along: what some of
their builds load (triton) takes the whole process down when TensorFlow came first.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kbert.errors import InputError


class ReaderProcess:
    """An export, opened in a process that stays until `close`.

    Args:
        format: str. Its module has `load_predict(path, max_length)`, which returns a function of
            texts, and pairs or None, that returns probabilities.
        path: Path. The export.
        max_length: int. The most tokens of a text.
    """

    def __init__(self, format: str, path: Path, max_length: int) -> None:
        self._format = format
        # A pipe would fill up, and stop the process.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, format, str(path), str(max_length)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
            encoding="utf-8",
            errors="replace",
        )

    def __call__(self, texts: Sequence[str], pairs: Sequence[str] | None) -> np.ndarray:
        """Return the probabilities [texts, labels]."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            asked = [list(texts), pairs if pairs is None else list(pairs)]
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            return np.array(json.loads(self._process.stdout.readline()), np.float32)
        except (OSError, ValueError):  # the pipe is broken, or the line is empty
            raise InputError("{why}", why=self._why()) from None

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._said.close()

    def _why(self) -> str:
        self._process.communicate()
        self._said.seek(0)
        said = self._said.read().decode("utf-8", "replace")
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        why = lines[-1] if lines else f"its process ended with status {self._process.returncode}"
        return f"The {self._format} export was written and could not be opened: {why[:400]}"


def main(arguments: list[str]) -> None:
    """Answer a line of texts with a line of probabilities, until there are no more."""
    format, path, max_length = arguments
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    from kbert.exports.formats.registry import format_module

    compute = format_module(format).load_predict(Path(path), int(max_length))
    for line in sys.stdin:
        texts, pairs = json.loads(line)
        answers.write(json.dumps(compute(texts, pairs).tolist()) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
