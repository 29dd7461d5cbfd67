"""The name of the command, as the user can type it."""

import os
import sys
from pathlib import Path

from kbert.utils.shell_words import shell_word


def command_name() -> str:
    """Return "kbert" if the shell finds it, else the path of what was called."""
    import shutil

    called = Path(sys.argv[0])
    found = shutil.which("kbert")
    if found and called.exists() and os.path.samefile(found, called):
        return "kbert"
    if called.name == "kbert":
        return _shorter(called)
    return f"{_shorter(Path(sys.executable))} -m kbert" if sys.executable else "python -m kbert"


def _shorter(path: Path) -> str:
    """Return a path relative to the current folder if it lies below, else the absolute one."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # on another drive of Windows
        relative = ".."
    if relative.startswith(".."):
        return shell_word(os.path.abspath(path))
    # A shell looks in other folders for a name without a slash.
    return shell_word(relative if os.sep in relative else os.path.join(".", relative))
