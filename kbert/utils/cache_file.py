"""Files of a cache, which several processes write to at once."""

import contextlib
import re
import time
from collections.abc import Callable
from pathlib import Path

from kbert.utils.files import atomic_file, sync_directory
from kbert.utils.staging import hidden_folder

# What earlier versions of kbert wrote beside the file itself. It does not tell which process is
# writing, but a live process does not stop writing for a day.
_FORMER = re.compile(r"\..+-[0-9a-f]{16}\.tmp")
_OLD = 24 * 60 * 60.0  # seconds


def write_cache_file(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` create a file, and give it its name once it is complete and on the disk.

    What killed processes have left in the folder is removed, whatever file they were writing: it
    may never be written again.

    Args:
        path: Path. The final name. Its folder is created.
        write: function of the path to write to.

    Raises:
        OSError: it cannot be written.
    """
    with hidden_folder(path) as folder:
        _remove_former(path.parent)
        atomic_file(path, write, folder)
    sync_directory(path.parent)


def _remove_former(folder: Path) -> None:
    for file in folder.iterdir():
        if _FORMER.fullmatch(file.name) and file.is_file() and not file.is_symlink():
            with contextlib.suppress(OSError):
                if time.time() - file.stat().st_mtime > _OLD:
                    file.unlink()
