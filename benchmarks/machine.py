"""What a measurement was made with: the machine, and the versions of the backends."""

import platform
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.sides import BACKENDS

# In a separate process: the process that starts the measurements must hold little memory, because
# Linux counts its peak as memory of each of its children too.
_GPU = "import torch; print(torch.cuda.get_device_name() if torch.cuda.is_available() else '')"


def machine() -> str:
    """Return the name of the GPU, or of the processor and the number of its cores."""
    told = subprocess.run([sys.executable, "-c", _GPU], capture_output=True, text=True)
    return told.stdout.strip() or _processor()


def versions(backends: Sequence[str] = BACKENDS) -> str:
    """Return the versions of Keras and of the backends that are installed."""
    found = []
    for name in ("keras", *backends):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def _processor() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in told if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores" if names else platform.processor()
