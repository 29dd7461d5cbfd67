"""What the process of a run does: train it, or what is left of it, and tell how that has ended."""

import contextlib
import ctypes
import signal
import sys
import time
import traceback
from pathlib import Path

from kbert.backend.out_of_memory import says_out_of_memory
from kbert.config import TrainConfig
from kbert.errors import InputError, KbertError, MachineError
from kbert.runs.beginning import has_record
from kbert.runs.resume import resume
from kbert.runs.run_directory import RunDirectory
from kbert.runs.run_lock import run_lock
from kbert.runs.train import train
from kbert.sweeps.workers.workers import Outcome

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
_WAIT = 60.0  # seconds for a process of an ended sweep to save its checkpoint


def train_run(config: Path, run: Path) -> Outcome:
    """Train a run, or what is left of it, and return how that has ended.

    Args:
        config: Path. Its settings, as TOML.
        run: Path. Its directory.
    """
    try:
        _wait_for(run)
        if RunDirectory(run).readable_record.get("status") == "finished":
            return Outcome("finished")
        if has_record(run):
            resume(run)
        else:
            train(TrainConfig.from_toml(config))
    except KeyboardInterrupt:
        return Outcome("stopped")
    except MachineError as error:
        is_too_large = says_out_of_memory(error)
        return Outcome("refused" if is_too_large else "machine", str(error))
    except KbertError as error:
        return Outcome("refused", str(error))
    except Exception as error:
        traceback.print_exc()
        return Outcome("crashed", f"{type(error).__name__}: {error}")
    return Outcome("finished")


def follow_driver() -> None:
    """End with the process that drives the sweep, after a checkpoint, even if that is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGTERM))


def _wait_for(run: Path) -> None:
    """Wait for a process that still saves the checkpoint of a run."""
    until = time.monotonic() + _WAIT
    while run.is_dir() and time.monotonic() < until:
        with contextlib.suppress(InputError), run_lock(run):
            return
        time.sleep(0.2)
