"""What is imported is declared: an environment that happens to have it would hide an omission."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from kbert.utils.missing_package import SERVER_PACKAGES, TRAIN_PACKAGES, pip_install

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# In the standard library of Python 3.14, which kbert checks for.
OF_A_NEWER_PYTHON = {"compression"}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(folder):
    """Return the third-party modules that the files of a folder import, with one file each."""
    files = sorted((ROOT / folder).rglob("*.py"))
    own = {"kbert", "tests", "tools", "benchmarks", *(path.stem for path in files)}
    own |= {path.name for path in (ROOT / folder).rglob("*") if path.is_dir()}
    found = {}
    for path in files:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Import():
                    names = [alias.name for alias in node.names]
                case ast.ImportFrom(level=0):
                    names = [node.module]
                case _:
                    continue
            for name in names:
                found.setdefault(name.split(".")[0], str(path.relative_to(ROOT)))
    known = own | sys.stdlib_module_names | OF_A_NEWER_PYTHON
    return {name: path for name, path in found.items() if name not in known}


@cache
def declared():
    """Return the distributions that the extras name, and what those need in turn."""
    lines = [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)]
    found, open_ends = set(), [(line, "") for line in lines]
    while open_ends:
        line, extra = open_ends.pop()
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        for one in ("", *requirement.extras):
            if (key := (normal(requirement.name), one)) in found:
                continue
            found.add(key)
            try:
                needed = importlib.metadata.requires(requirement.name) or ()
            except importlib.metadata.PackageNotFoundError:
                continue
            open_ends += [(other, one) for other in needed]
    return {name for name, _ in found}


@pytest.mark.parametrize("folder", ["kbert", "tests", "tools"])
def test_what_is_imported_is_declared(folder):
    distributions = importlib.metadata.packages_distributions()
    undeclared = {
        module: path
        for module, path in imported(folder).items()
        if not declared() & {normal(name) for name in distributions.get(module, [module])}
        and not declared() & {normal(name) for name in pip_install(module).split()}
    }
    assert undeclared == {}


@pytest.mark.parametrize(
    ("extra", "modules"), [("serve", SERVER_PACKAGES), ("train", TRAIN_PACKAGES)]
)
def test_an_extra_has_what_its_verbs_look_for(extra, modules):
    named = {normal(Requirement(line).name) for line in EXTRAS[extra]}
    assert {normal(module) for module in modules} <= named
