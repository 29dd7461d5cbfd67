"""Write a program in a process of its own, on the backend that can."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from kbert.choices import Backend
from kbert.errors import KbertError, MachineError


def write_program(
    format: str, backend: Backend, model: Path, folder: Path, length: int | None, int8: bool
) -> None:
    """Write a model folder's program into `folder`, whatever this process's Keras runs on.

    A process of its own keeps away what the converters print, patch and leave in memory.

    Raises:
        KbertError: the process failed; with the last line that it said.
    """
    arguments = [format, str(model), str(folder), str(length or ""), "int8" if int8 else ""]
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-m", "kbert.exports.write_program", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode != 0:
        if "No space left" in done.stderr or shutil.disk_usage(folder).free < 2**20:
            raise MachineError(
                f"The disk that holds {folder.parent.parent} is full. Make room, or name another "
                "--output."
            )
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        why = lines[-1].strip() if lines else f"the process ended with status {done.returncode}"
        raise KbertError(f"The {format} export could not be written by {backend}: {why[:400]}")


def main(arguments: list[str]) -> None:
    """Do here what `write_program` asks for."""
    format, model, folder, length, int8 = arguments
    from kbert.backend import import_keras

    import_keras()
    from kbert.exports.formats import module_of
    from kbert.models.bert_classifier import BertClassifier

    module_of(format).write(
        BertClassifier.load(model), Path(folder), int(length) if length else None, bool(int8)
    )


if __name__ == "__main__":
    main(sys.argv[1:])
