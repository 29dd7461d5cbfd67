"""Finds every message in the code."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tools.messages.templates import calls, templates

PACKAGE = Path(__file__).parents[2] / "kbert"
Messages = dict[str | tuple[str, str], list[tuple[str, int]]]

# Which argument of each function or class is the template.
_FIRST = (
    *("InputError", "MachineError", "NoLabelColumn", "foreign_input", "file_error", "Problem"),
    *("Message", "worded"),
)
_NAMED = {"Cure": ("note",), "Parameter": ("help",), "App": ("help",)}
_NAMED["register_install_completion_command"] = ("help",)
_NTH = {"Finding": (2, "template"), "KnownPreset": (1, "languages"), "create_ordered": (0, "name")}
_NTH["with_casing_cure"] = (1, "note")
_NTH_TOO = {"KnownPreset": (2, "suits")}


def messages() -> Messages:
    """Return every message in the code, with the files and lines that have it.

    A message is a template, or two if a number decides between singular and plural.
    """
    found: Messages = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE.parent).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for message, line in [*_in_calls(tree), *_in_constants(tree, name), *_in_help(tree, name)]:
            if message != "":
                found.setdefault(message, []).append((name, line))
    for path in sorted((PACKAGE / "reports" / "templates").iterdir()):
        for message in _in_template(path):
            found.setdefault(message, []).append((path.relative_to(PACKAGE.parent).as_posix(), 1))
    return found


def _in_template(path: Path) -> list[str]:
    """The texts of a page."""
    from kbert.reports.translated import script_texts, translated

    source = path.read_text(encoding="utf-8")
    if path.suffix == ".js":
        return script_texts(source)
    return translated(source)[1] if path.suffix == ".html" else []


def _in_calls(tree: ast.Module) -> Iterator[tuple[str | tuple[str, str], int]]:
    names = {*_FIRST, *_NAMED, *_NTH, "count_noun"}
    for name, call, scopes in calls(tree, *names):
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        if name == "count_noun":
            yield from ((pair, call.lineno) for pair in _counted(call, scopes))
            continue
        nodes = [call.args[0]] if name in _FIRST and call.args else []
        nodes += [given[one] for one in _NAMED.get(name, ()) if one in given]
        for place, keyword in (x[name] for x in (_NTH, _NTH_TOO) if name in x):
            nodes += [call.args[place]] if len(call.args) > place else [given.get(keyword)]
        for node in nodes:
            yield from ((text, call.lineno) for text in sorted(templates(node, scopes)))


def _counted(call: ast.Call, scopes: list[ast.AST]) -> Iterator[tuple[str, str]]:
    """The singular and the plural template of each noun that may follow a number."""
    for one in sorted(templates(call.args[1], scopes)):
        many = call.args[2] if len(call.args) > 2 else None
        for plural in sorted(templates(many, scopes)) if many is not None else [f"{one}s"]:
            yield f"{{number:,}} {one}", f"{{number:,}} {plural}"


def _in_constants(tree: ast.Module, name: str) -> Iterator[tuple[str, int]]:
    """The descriptions of the findings' codes."""
    if name != "kbert/findings/codes.py":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for value in node.values:
                yield ast.literal_eval(value), value.lineno


def _in_help(tree: ast.Module, name: str) -> Iterator[tuple[str, int]]:
    """What --help shows: the docstrings of settings, of verbs, and of the verbs' arguments."""
    from kbert.cli.help import one_line, texts_of_docstring

    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for field, below in zip(node.body, node.body[1:], strict=False):
                is_text = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
                if isinstance(field, ast.AnnAssign) and is_text and _is_settings(name):
                    yield one_line(below.value.value), below.lineno
        if isinstance(node, ast.FunctionDef) and name.startswith("kbert/cli/"):
            called = [d.func for d in node.decorator_list if isinstance(d, ast.Call)]
            if any(isinstance(one, ast.Name) and one.id == "verb" for one in called):
                for text in texts_of_docstring(ast.get_docstring(node) or ""):
                    yield text, node.lineno


def _is_settings(name: str) -> bool:
    return name.startswith("kbert/config/") or name.endswith("_options.py")
