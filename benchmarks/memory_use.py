"""The memory of this process, in MB. The Trainer's environment imports this too, without kbert."""

import contextlib
import resource
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def held_mb() -> float:
    """Return the memory that the process holds now; outside Linux, the peak."""
    return _told("VmRSS:")


def peak_mb() -> float:
    """Return the peak memory of the process; on Linux, since `forget_peak`."""
    return _told("VmHWM:")


def forget_peak() -> None:
    """Reset the peak, so that the memory needed for loading does not hide that of training."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # proc(5)


def _told(name: str) -> float:
    if _STATUS.exists():
        lines = _STATUS.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
