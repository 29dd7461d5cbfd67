"""Write a program in a process of its own, on the backend that can."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from kbert.choices import Backend
from kbert.errors import InputError, MachineError


def write_program(
    format: str, backend: Backend, model: Path, folder: Path, length: int | None, int8: bool
) -> None:
    """Write a model folder's program into `folder`, whatever this process's Keras runs on.

    A process of its own keeps away what the converters print, patch and leave in memory.

    Raises:
        KbertError: the process failed; with the last line that it said.
        MachineError: it failed where hardly any room is left on the disk.
    """
    arguments = [format, str(model), str(folder), str(length or ""), "int8" if int8 else ""]
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment["CUDA_VISIBLE_DEVICES"] = ""  # a program holds no device, and needs none here
    done = subprocess.run(
        [sys.executable, "-m", "kbert.exports.writer_process", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode == 0:
        return
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    why = lines[-1].strip() if lines else f"the process ended with status {done.returncode}"
    said = f"The {format} export could not be written by {backend}: {why[:400]}"
    free, needed = shutil.disk_usage(folder).free, (model / "model.safetensors").stat().st_size
    if free < needed:  # each converter says in its own way that the disk is full, or does not
        raise MachineError(
            "{said}. Its disk has {free:.0f} MB left, and the model has {needed:.0f}: make "
            "room, or name another --output.",
            said=said,
            free=free / 1000000.0,
            needed=needed / 1000000.0,
        )
    raise InputError("{said}", said=said)


def main(arguments: list[str]) -> None:
    """Do here what `write_program` asks for."""
    format, model, folder, length, int8 = arguments
    from kbert.backend.choose_backend import import_keras

    import_keras()
    from kbert.exports.formats.registry import format_module
    from kbert.models.bert_classifier import BertClassifier

    format_module(format).write(
        BertClassifier.load(model), Path(folder), int(length) if length else None, bool(int8)
    )


if __name__ == "__main__":
    main(sys.argv[1:])
