"""Messages are templates: each is a constant, and its names in braces are those of its values.

A template may be chosen or joined from several constants; what it can be is found without running
the code.
"""

import ast
import string
from pathlib import Path

import pytest

import kbert
from kbert import errors
from tools.messages.templates import calls, templates

PACKAGE = Path(kbert.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
# Errors that build their own message.
OTHERS = {"FindingsError"}
ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.KbertError)
}

# The arguments of classes that hold a template and a dict of its values.
ARGUMENTS = {
    "Finding": ("code", "severity", "template", "cure", "values"),
    "Problem": ("template", "cure", "values"),
}


def named(template):
    """The names in braces of a template."""
    fields = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
    return {name.partition(".")[0].partition("[")[0] for name in fields}


def fault(found, values):
    """What is wrong with the templates that a message can have, or None."""
    if not found:
        return "the message is not made of constants"
    names = set().union(*map(named, found))
    return None if names == values else f"{sorted(names ^ values)}"


def faults_of_errors(tree):
    for name, call, scopes in calls(tree, *(ERRORS - OTHERS), "foreign_input", "file_error"):
        found = templates(call.args[0], scopes) if len(call.args) == 1 else set()
        values = {keyword.arg for keyword in call.keywords} - {"cure"}
        values -= {"of"} if name == "file_error" else set()
        values |= {"reason"} if name in ("foreign_input", "file_error") else set()
        if None not in values and (wrong := fault(found, values)):
            yield call.lineno, f"{name}: {wrong}"
        if name == "KbertError":
            yield call.lineno, "KbertError is raised itself"


def faults_of_findings(tree):
    for name, call, scopes in calls(tree, *ARGUMENTS):
        given = dict(zip(ARGUMENTS[name], call.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in call.keywords}
        found = templates(given.get("template"), scopes)
        values = given.get("values", ast.Dict([], []))
        if isinstance(values, ast.Dict) and None not in values.keys:
            wrong = fault(found, {key.value for key in values.keys})
        else:  # values that are computed are checked where they are shown
            wrong = None if found else fault(found, set())
        if wrong:
            yield call.lineno, f"{name}: {wrong}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_message_is_a_template_of_its_values(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [*faults_of_errors(tree), *faults_of_findings(tree)] == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("InputError('{a} is {b}.', a=1, b=2)", None),
        ("InputError('{a!r:.80} is.', a=1, cure=c)", None),
        ("InputError(f'{a} is.')", "not made of constants"),
        ("InputError('{a} is.', b=1)", "['a', 'b']"),
        ("errors.MachineError('Full.', path=p)", "['path']"),
        ("KbertError('Full.')", "raised itself"),
        ("Finding('c', 'info', '{n} rows.', cure, {'n': 1})", None),
        ("Finding('c', 'info', '{n} rows.', cure)", "['n']"),
        ("Finding('c', 'info', text, cure)", "not made of constants"),
        ("Problem('{n} fields', cure, {'m': 1})", "['m', 'n']"),
        ("text = 'a' if b else '{c}'\ntext += ' d'\nInputError(text, c=1)", None),
        ("text = 'a' if b else c\nInputError(text)", "not made of constants"),
        ("def f(a='b'):\n    InputError(f'{a}')", "not made of constants"),
    ],
)
def test_faults_are_found(code, expected):
    tree = ast.parse(code)
    found = [*faults_of_errors(tree), *faults_of_findings(tree)]
    assert bool(found) == bool(expected)
    assert expected is None or expected in found[-1][1]
