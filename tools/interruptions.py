"""Kill MiniLM runs at critical moments, resume them, and compare with an undisturbed run.

    python -m tools.interruptions

Every attempt is the command line in its own process, ended by SIGKILL: after an epoch's checkpoint
is committed, some steps after one inside an epoch, or twice in a row. The model is MiniLM at full
width, with dropout, shuffling and gradient accumulation. The first line of a backend is a second
undisturbed run: it shows whether its kernels are deterministic.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore
from tools.kill_runs import make_work

BACKENDS = ("tensorflow", "jax", "torch")
KILLS: dict[str, tuple[str, ...]] = {
    "a second run, undisturbed": (),
    "killed at an epoch's end": ("epoch-1-batch-0",),
    "killed inside an epoch": ("epoch-0-batch-8",),
    "killed twice in a row": ("epoch-0-batch-4", "epoch-1-batch-8"),
}
_FLAGS = (
    "--preset minilm --max-length 32 --epochs 2 --batch-size 8 --gradient-accumulation-steps 2 "
    "--dev-proportion 0.2 --checkpoint-steps 4"
)
_SECONDS = 600  # after which an attempt counts as broken


def start(arguments: list[str], backend: str, log: Path) -> subprocess.Popen[bytes]:
    """Start the command line on a backend."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "kbert", *arguments]
    with log.open("ab") as file:
        return subprocess.Popen(command, env=environment, stdout=file, stderr=file)


def has_saved(run: Path, ending: str) -> bool:
    """Whether the checkpoint whose name has this ending is committed."""
    return any(
        path.name.endswith(ending) for path in CheckpointStore(run / "checkpoints").committed()
    )


def make_run(run: Path, flags: list[str], backend: str, kills: tuple[str, ...]) -> None:
    """Train to the end, killed whenever one of these checkpoints is committed."""
    log = run.with_suffix(".log")
    for attempt, ending in enumerate((*kills, None)):
        arguments = ["resume", str(run)] if attempt else ["train", *flags, "--output", str(run)]
        process = start(arguments, backend, log)
        until = time.monotonic() + _SECONDS
        while process.poll() is None and time.monotonic() < until:
            if ending and has_saved(run, ending):
                time.sleep(0.2)  # so that the kill loses some steps
                process.send_signal(signal.SIGKILL)
                process.wait()
            time.sleep(0.005)
        expected = -signal.SIGKILL if ending else 0
        if process.poll() != expected:
            process.kill()
            sys.exit(f"{arguments} on {backend}: {process.poll()}\n{log.read_text()[-3000:]}")


def difference(run: Path, other: Path) -> str:
    """Compare the last checkpoints and the scores of two runs."""
    stores = [CheckpointStore(folder / "checkpoints").last() for folder in (run, other)]
    one, two = (read_checkpoint(path) for path in stores if path is not None)
    greatest = 0.0
    for file, arrays in one.arrays.items():
        assert list(arrays) == list(two.arrays[file])
        for name, array in arrays.items():
            if array.tobytes() != two.arrays[file][name].tobytes():
                left, right = (a.astype("float64") for a in (array, two.arrays[file][name]))
                greatest = max(greatest, float(np.abs(left - right).max()), 5e-324)
    files = ("evaluations.json", "learning_rate.csv", "model/model.safetensors")
    same_files = all((run / file).read_bytes() == (other / file).read_bytes() for file in files)
    return f"{greatest:.1e}" if greatest else "equal bits" if same_files else "other scores"


def main() -> None:
    """Parse the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backends", nargs="+", default=BACKENDS, choices=BACKENDS)
    parser.add_argument("--flags", default="", help="more flags of kbert train")
    options = parser.parse_args()

    print(f"{'backend':<12}{'run':<28}{'greatest difference':<22}seconds")
    for backend in options.backends:
        with tempfile.TemporaryDirectory() as folder:
            data, *_ = make_work(Path(folder), 200)
            flags = [data, *_FLAGS.split(), *options.flags.split()]
            whole = Path(folder) / "undisturbed"
            started = time.monotonic()
            make_run(whole, flags, backend, ())
            print(f"{backend:<12}{'undisturbed':<28}{'':<22}{time.monotonic() - started:.0f}")
            for name, kills in KILLS.items():
                run, started = Path(folder) / "run", time.monotonic()
                make_run(run, flags, backend, kills)
                row = f"{backend:<12}{name:<28}{difference(run, whole):<22}"
                print(f"{row}{time.monotonic() - started:.0f}", flush=True)
                shutil.rmtree(run)


if __name__ == "__main__":
    main()
