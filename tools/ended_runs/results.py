"""The content of a folder, as names and checksums that can be compared."""

import hashlib
import json
import os
import re
import time
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Tree = dict[str, str]

# What run.json records about how a result was reached. All else in it belongs to the result.
_OF_THE_WAY = (
    "id",
    "started",
    "ended",
    "training_seconds",
    "peak_memory_mb",
    "compilations",
    "resumed",
)
_SERIAL = re.compile(r"\b\d{6}-(?=epoch-)")
_ENDED = re.compile("<p>finished · [^<]*</p>")
_TOLD_BY_OTHERS = ("manifest.json", "COMMITTED")  # checksums of files that are themselves compared


def tree(folder: Path) -> Tree:
    """Return a checksum of every file below a folder, and the names of its folders.

    Lock files are left out: the system releases the lock of a process that ends. Checkpoints are
    listed without their numbers, and those that neither `last` nor `best` names without their
    content: one that is committed but not yet named when a run ends is written again, and stays
    beside the new one.
    """
    found: Tree = {}
    spare = [path for place in folder.rglob("checkpoints") for path in _spare(place)]
    for path in sorted(folder.rglob("*")):
        if path.name.startswith(".lock"):
            continue
        of_spare = next((one for one in spare if one == path or one in path.parents), None)
        if of_spare is not None:
            name = str(of_spare.with_name("spare").relative_to(folder) / path.relative_to(of_spare))
        else:
            name = _SERIAL.sub("", str(path.relative_to(folder)))
        name += "/" if path.is_dir() else ""
        while name in found:
            name += " again"
        found[name] = "" if path.is_dir() or of_spare is not None else _content(path)
    return found


def _spare(checkpoints: Path) -> list[Path]:
    """Return the checkpoints of a run that neither `last` nor `best` names."""
    pointers = [file for file in (checkpoints / "last", checkpoints / "best") if file.exists()]
    named = [json.loads(file.read_text("utf-8"))["checkpoint"] for file in pointers]
    found = [path for path in checkpoints.iterdir() if _SERIAL.match(path.name)]
    return [path for path in found if path.name not in named]


def _content(path: Path) -> str:
    if path.name in _TOLD_BY_OTHERS:
        return ""
    try:
        return json.dumps(_told(path))
    except (ValueError, LookupError, zipfile.BadZipFile):  # it is half written
        return hashlib.sha256(path.read_bytes()).hexdigest()


def _told(path: Path) -> Any:
    """Return the part of a file that does not differ between two undisturbed commands."""
    if path.name == "run.json":
        record = json.loads(path.read_bytes())
        return {name: record[name] for name in sorted(record) if name not in _OF_THE_WAY}
    if path.name == "baselines.json":
        record = json.loads(path.read_bytes())
        for baseline in record["baselines"]:
            del baseline["seconds"]
        return record
    if path.name == "state.json":
        state = json.loads(_SERIAL.sub("", path.read_text("utf-8")))
        del state["facts"]["run"]  # its id
        return state
    if path.suffix == ".keras":  # a ZIP file, which records when it was written
        with zipfile.ZipFile(path) as file:
            return sorted((part.filename, part.CRC) for part in file.infolist())
    if path.name == "report.html":  # which records when the run ended
        return _ENDED.sub("", path.read_text("utf-8"))
    if path.parent.name == "checkpoints":
        return _SERIAL.sub("", path.read_text("utf-8"))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def part(whole: Tree, name: str) -> Tree:
    """Return what a tree has at a name and below it, with names relative to that name."""
    below = {key: value for key, value in whole.items() if key.startswith(f"{name}/")}
    below |= {name: whole[name]} if name in whole else {}
    return {key.removeprefix(name): value for key, value in below.items()}


def without(whole: Tree, names: Iterable[str]) -> Tree:
    """Return a tree without what it has at some names and below them."""
    taken = tuple(names)
    return {
        key: value
        for key, value in whole.items()
        if key not in taken and not key.startswith(tuple(f"{name}/" for name in taken))
    }


def difference(found: Tree, expected: Tree, loose: Iterable[str] = ()) -> str:
    """Return how a tree differs from what it should be; empty where it does not.

    Args:
        found: dict.
        expected: dict.
        loose: iterable of str. Files whose bytes differ between two undisturbed commands.
    """
    told = [f"{name} is missing" for name in expected.keys() - found.keys()]
    told += [f"{name} is left behind" for name in found.keys() - expected.keys()]
    told += [
        f"{name} differs"
        for name in (expected.keys() & found.keys()) - set(loose)
        if expected[name] != found[name]
    ]
    return "; ".join(sorted(told)[:6])


def unequal(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Return the names of the files that differ between two trees."""
    return sorted(name for name in one.keys() & other.keys() if one[name] != other[name])


def let_time_pass(folder: Path, seconds: float = 120) -> None:
    """Make hidden folders older, as a user would find them after a while."""
    for path in folder.rglob(".*"):
        if path.is_dir():
            then = time.time() - seconds
            os.utime(path, (then, then))
