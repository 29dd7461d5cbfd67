"""The name of the command, as its user can type it."""

import os
import sys
from pathlib import Path


def command_name() -> str:
    """Return "kbert" if the shell finds it, else the path of what was called."""
    import shutil

    called = Path(sys.argv[0])
    found = shutil.which("kbert")
    if found and called.exists() and os.path.samefile(found, called):
        return "kbert"
    if called.name == "kbert":
        return _shorter(called)
    return f"{_shorter(Path(sys.executable))} -m kbert"


def _shorter(path: Path) -> str:
    """Return a path relative to the current folder if it lies below, else the absolute one."""
    relative = os.path.relpath(path)
    return os.path.abspath(path) if relative.startswith("..") else relative
