"""Flags belong to the command line: no string outside kbert/cli contains one."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import kbert
from kbert.cli.app import VERBS, app
from kbert.cli.main import main  # noqa: F401 (imports every verb)

PACKAGE = Path(kbert.__file__).parent
OUTSIDE = [
    path for path in sorted(PACKAGE.rglob("*.py")) if "cli" not in path.relative_to(PACKAGE).parts
]


@cache
def flags():
    """The names of all flags, as the program itself has them."""
    arguments = (
        argument for verb in VERBS for argument in app[verb].assemble_argument_collection()
    )
    return {name for argument in arguments for name in argument.names if name.startswith("--")}


def strings(path):
    """Yield the string literals of a file with their lines, except docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.lineno, node.value


def test_the_flags_are_those_of_the_program():
    assert {"--batch-size", "--no-header", "--data-dir", "--config", "--to", "--quiet"} <= flags()


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_string_contains_a_flag(path):
    known = flags()
    found = [
        (line, flag)
        for line, text in strings(path)
        for flag in re.findall(r"(?<![\w-])--[a-z][\w-]*", text)
        if flag in known
    ]
    assert found == []
