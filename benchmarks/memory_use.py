"""The memory of this process, in MB. The Trainer's environment imports it too, without kbert."""

import contextlib
import resource
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def held_mb() -> float:
    """Return what the process holds now; elsewhere than on Linux, the most that it has held."""
    return _told("VmRSS:")


def peak_mb() -> float:
    """Return the most that the process has held, on Linux since `forget_peak`."""
    return _told("VmHWM:")


def forget_peak() -> None:
    """Begin to look for the most anew, so that what loading needed does not hide training's."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # proc(5)


def _told(name: str) -> float:
    if _STATUS.exists():
        lines = _STATUS.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
