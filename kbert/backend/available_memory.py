"""The memory that a process can still allocate."""

from pathlib import Path

_CGROUPS = Path("/proc/self/cgroup")
_MOUNT = Path("/sys/fs/cgroup")
# Limit, usage, and the part of the usage that can be reclaimed: cgroup version 2, then version 1.
_FILES = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def available_memory() -> int:
    """Return the bytes of main memory that this process can allocate, also inside a container.

    psutil reports the memory of the machine. The limit of a container, beyond which Linux kills a
    process, is read from its control group.
    """
    import psutil

    return min([int(psutil.virtual_memory().available), *_left_in_groups()])


def _left_in_groups() -> list[int]:
    """Return what is left in each control group that this process is in."""
    try:
        lines = _CGROUPS.read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return []
    left = []
    for line in lines:
        _, kinds, path = line.split(":", 2)
        if kinds and "memory" not in kinds.split(","):
            continue
        mount = _MOUNT / "memory" if kinds else _MOUNT
        group = mount / path.lstrip("/")
        # A group is limited by its parents too; in a container the mount is the group itself.
        for folder in (group, *group.parents):
            if folder.is_relative_to(mount):
                left += _left(folder)
    return left


def _left(folder: Path) -> list[int]:
    for limit, use, cached in _FILES:
        try:
            most, used = (int((folder / name).read_text("ascii")) for name in (limit, use))
            told = (folder / "memory.stat").read_text("ascii").split()
        except (OSError, ValueError):  # not there, or "max"
            continue
        counts = dict(zip(told[::2], told[1::2], strict=False))
        return [max(most - used + int(counts.get(cached, 0)), 0)]
    return []
