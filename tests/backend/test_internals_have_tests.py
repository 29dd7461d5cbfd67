"""Functions that rely on Keras's internals have tests of that name, which fail if Keras changes."""

import ast
from pathlib import Path

import pytest

import kbert.backend

MODULES = sorted(Path(kbert.backend.__file__).parent.glob("*_internals.py"))


def functions(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_every_function_has_a_test(module):
    tests = " ".join(functions(Path(__file__).with_name(f"test_{module.name}")))
    assert [name for name in functions(module) if name not in tests] == ["set_batches_seen"] * (
        module.stem == "optimizer_internals"
    )
