"""Simulates the kill of a process before a change to a folder, without a process."""

import os
import sys
from contextlib import contextmanager
from pathlib import Path

_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_active = []  # hooks cannot be removed


class Killed(BaseException):
    """An exception that no code catches, as no code outlives a kill."""


class Changes:
    """Counts the changes to a folder, and prevents all from a certain one on.

    Python reports each: a file that is opened for writing, a rename, a removal, a new folder.
    Lock files do not count: the system releases a lock when its process ends.
    """

    def __init__(self, folder, end):
        self.folder = os.path.realpath(folder)
        self.end = end
        self.count = 0

    def see(self, event, arguments):
        if event == "open":
            path, _, flags = arguments
            if not isinstance(path, (str, bytes, os.PathLike)) or not flags & _WRITES:
                return
            directory = -1
        elif event in _CHANGES:
            path, directory = arguments[0], arguments[-1]
        else:
            return
        path = _whole(os.fsdecode(path), directory)
        if path.startswith(self.folder) and self.is_counted(event, path):
            self.count += 1
            self.note(event, path)
            if self.end is not None and self.count > self.end:
                self.leave()

    def is_counted(self, event, path):
        return not Path(path).name.startswith(".lock")

    def note(self, event, path):
        """Called before every change that counts."""

    def leave(self):
        raise Killed


def _whole(path, directory):
    if not os.path.isabs(path) and isinstance(directory, int) and directory >= 0:
        path = os.path.join(os.readlink(f"/proc/self/fd/{directory}"), path)
    # Not realpath, which would look at the disk.
    return os.path.abspath(path)


def _hook(event, arguments):
    for changes in _active:
        changes.see(event, arguments)


@contextmanager
def killed_after(changes, folder):
    """Let a folder have this many changes, and raise `Killed` before every later one.

    Yields the `Changes`, whose `count` is that of all changes if `changes` is None.
    """
    if not hasattr(sys, "_kbert_kills"):
        sys._kbert_kills = True
        sys.addaudithook(_hook)
    seen = Changes(folder, changes)
    _active.append(seen)
    try:
        yield seen
    finally:
        _active.remove(seen)
