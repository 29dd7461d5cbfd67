"""Environments that contain a distribution and its declared dependencies, and nothing else.

The packages are those of this environment, which pip chose by the same declaration. They are
linked, since installing them again takes a minute. A folder that belongs to one distribution alone
is a single link; in a shared folder, such as `google`, each file is linked.
"""

import csv
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement


def run(*command, check=True, **options):
    """Run a command that knows nothing of this environment."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "KERAS_"))}
    done = subprocess.run(
        list(map(str, command)), env=environment, capture_output=True, text=True, **options
    )
    message = f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert not check or done.returncode == 0, message
    return done


def make_environment(folder: Path, project: Path, extra: str) -> Path:
    """Install a project, or a wheel of it, with an extra; return the environment's programs."""
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    # What is not imported need not be compiled.
    install = "pip", "--python", python, "install", "--quiet", "--no-compile", "--no-deps"
    run(sys.executable, "-m", *install, project)
    (packages,) = (folder / "lib").glob("python*/site-packages")
    (own,) = importlib.metadata.distributions(path=[str(packages)])
    shared = _shared_folders()
    for distribution in _needed(own, extra):
        _link(distribution, packages, shared)
    return python.parent


def _needed(own, extra):
    """Return every distribution that this one needs with its extra, directly or indirectly."""
    found, open_ends = {}, [(own, extra)]
    seen = {(own.name, extra)}
    while open_ends:
        distribution, extra = open_ends.pop()
        for line in distribution.requires or ():
            requirement = Requirement(line)
            if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
                continue
            if requirement.name != own.name:
                other = importlib.metadata.distribution(requirement.name)
                assert requirement.specifier.contains(other.version, prereleases=True), line
                found[other.name] = other
            else:
                other = own
            for more in ("", *requirement.extras):
                if (other.name, more) not in seen:
                    seen.add((other.name, more))
                    open_ends.append((other, more))
    return found.values()


def _files(distribution):
    """Return the paths of a distribution; its `files` takes a hundred times as long."""
    record = distribution.read_text("RECORD") or ""
    paths = (PurePosixPath(row[0]) for row in csv.reader(record.splitlines()))
    return [p for p in paths if ".." not in p.parts and p.parts[0] != "__pycache__"]


def _shared_folders():
    """Return the names of the folders in which several distributions have files."""
    owners = {}
    for distribution in importlib.metadata.distributions():
        for folder in {file.parts[0] for file in _files(distribution) if len(file.parts) > 1}:
            owners.setdefault(folder, []).append(distribution)
    return {folder for folder, of in owners.items() if len(of) > 1}


def _link(distribution, packages, shared):
    """Link the folders and files of a distribution, and the compiled code of the files."""
    files = _files(distribution)
    alone = {f.parts[0] for f in files if len(f.parts) > 1 and f.parts[0] not in shared}
    links = [*sorted(alone), *(file for file in files if file.parts[0] not in alone)]
    for file in links:
        pairs = [(Path(distribution.locate_file(file)), packages / file)]
        if str(file).endswith(".py"):
            pairs.append(tuple(Path(importlib.util.cache_from_source(path)) for path in pairs[0]))
        for source, link in pairs:
            if source.exists() and not link.exists():
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(source)
