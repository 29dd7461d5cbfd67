"""Write a program in a process of its own, on the backend that can write it."""

import os
import shutil
import subprocess
from pathlib import Path

from kbert.choices import Backend
from kbert.errors import InputError, MachineError
from kbert.exports.child_process import command, environment, why_it_failed
from kbert.findings import Option


def write_program(
    format: str, backend: Backend, model: Path, folder: Path, length: int | None, int8: bool
) -> None:
    """Write a model folder's program into `folder`, whatever backend this process runs on.

    A separate process isolates what the converters print, patch and leave in memory.

    Args:
        format: str. The program's format.
        backend: str. The backend that writes it.
        model: Path. The model folder.
        folder: Path. Where to write.
        length: int or None. The fixed input width of the program, in tokens, or None for any.
        int8: bool. Whether to round the weights to 8 bits.

    Raises:
        InputError: the process failed; the message has the last line that it printed.
        MachineError: it failed with hardly any space left on the disk.
    """
    # A converter's temporary files are on the same disk, and are removed with everything else if
    # the process is killed.
    between = str(model.parent.resolve())
    arguments = (format, str(model), str(folder), str(length or ""), "int8" if int8 else "")
    # Nothing is written to the pipe: its end tells the child that this process has ended.
    reading, writing = os.pipe()
    try:
        done = subprocess.run(
            command("write", *arguments),
            env=environment(KERAS_BACKEND=backend, TF_CPP_MIN_LOG_LEVEL="3", TMPDIR=between),
            stdin=reading,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
    finally:
        os.close(reading)
        os.close(writing)
    if done.returncode == 0:
        return
    template = "The {format} export could not be written by {backend}: {why}"
    why = why_it_failed(done.stderr, done.returncode)
    free, needed = shutil.disk_usage(folder).free, (model / "model.safetensors").stat().st_size
    if free < needed:  # each converter reports a full disk in its own way, or not at all
        raise MachineError(
            template + ". Its disk has {free:.0f} MB left and the model needs {needed:.0f}: free "
            "some space, or name another {output}.",
            format=format,
            backend=backend,
            why=why,
            free=free / 1e6,
            needed=needed / 1e6,
            output=Option("output"),
        )
    raise InputError(template, format=format, backend=backend, why=why)
