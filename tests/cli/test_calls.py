"""Every command and setting that a message suggests exists on the command line."""

import ast
from pathlib import Path

import pytest

import kbert
from kbert.cli.app import VERBS, app
from kbert.cli.main import main  # noqa: F401 (each verb adds itself)

PACKAGE = Path(kbert.__file__).parent
# Arguments of Python functions and classes that no verb has.
PYTHON_ONLY = {"callbacks", "every_steps", "every_minutes", "power", "end_learning_rate"}


def flags_of(verb):
    found = app[verb].assemble_argument_collection()
    return {argument.name.removeprefix("--").lower().replace("-", "_") for argument in found}


FLAGS = {verb: flags_of(verb) for verb in VERBS}
EVERY = set().union(*FLAGS.values()) | PYTHON_ONLY


def calls(path, *names):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_suggested_command_has_a_known_verb_and_flags(path):
    for call in calls(path, "Call"):
        if isinstance(call.args[0], ast.Name):
            continue  # the verb that was called
        verb = getattr(call.args[0], "value", None)
        assert verb in VERBS
        given = {keyword.arg for keyword in call.keywords} - {None, "help"}
        assert given <= FLAGS[verb], f"line {call.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_cure_names_known_settings(path):
    for call in calls(path, "Cure"):
        settings = call.args[0] if call.args else None
        if isinstance(settings, ast.Dict):
            names = {key.value for key in settings.keys if isinstance(key, ast.Constant)}
            assert names <= EVERY, f"line {call.lineno}"
