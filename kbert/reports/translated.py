"""Templates whose texts are put into the language of the surface.

A template is plain HTML in English. Before Jinja reads it, each text between two tags becomes a
message with the expressions in it as its values; code (`pre`) stays as it is.

    <p>Brier score {{ score(scored.brier) }}.</p>
    <p>{{ _("Brier score {brier}.", brier=score(scored.brier)) }}</p>
"""

import re
from typing import Any

from jinja2.ext import Extension

from kbert.findings import words

_PARTS = re.compile(r"(\{%.*?%\}|\{#.*?#\}|<(pre|script|style)\b.*?</\2>|<[^>]*>)", re.DOTALL)
_EXPRESSION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_LETTERS = re.compile(r"[A-Za-z]{2}")
_NAME = re.compile(r"[A-Za-z_]\w*")
# In an expression, a text for people: a sentence, or one word with a capital.
_LITERAL = re.compile(r'"([A-Z][^"{}%]*)"')
_ATTRIBUTE = re.compile(r'\b(lang|title|alt|placeholder|aria-label|data-text)="([^"{}]+)"')


class Translated(Extension):
    """Puts the texts of templates, with their values, into the language of the surface."""

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        environment.globals["_"] = _worded

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return translated(source)[0]


def translated(source: str) -> tuple[str, list[str]]:
    """Return a template in which texts are messages, and these messages.

    Args:
        source: str. The template.
    """
    found: list[str] = []
    pieces = _PARTS.split(source)
    new = []
    for text, part in zip(pieces[::3], [*pieces[1::3], ""], strict=True):
        new += [_text(text, found), _ATTRIBUTE.sub(lambda m: _attribute(m, found), part)]
    return "".join(new), found


def script_texts(script: str) -> list[str]:
    """Return the texts of a script that people see: its template literals with words."""
    return [one for one in re.findall(r"`([^`]*)`", script) if re.search(r"[a-z]{2} ", one)]


def translated_script(script: str) -> str:
    """Return a script with its texts in the language of the surface."""
    for text in script_texts(script):
        script = script.replace(f"`{text}`", f"`{words().text(text)}`")
    return script


def _text(text: str, found: list[str]) -> str:
    """Return the text between two tags as one message, and add it to `found`."""
    bare = text.strip()
    if not _LETTERS.search(_EXPRESSION.sub("", bare)):
        return _EXPRESSION.sub(lambda match: _literals(match, found), text)
    values: dict[str, str] = {}

    def value(match: re.Match[str]) -> str:
        expression = match[1].strip()
        names = _NAME.findall(re.sub(r'"[^"]*"|\|\s*\w+', "", expression)) or ["value"]
        name, number = names[-1], 2
        while values.get(name, expression) != expression:
            name, number = f"{names[-1]}_{number}", number + 1
        values[name] = expression
        return "{" + name + "}"

    template = " ".join(_EXPRESSION.sub(value, bare).split())
    found.append(template)
    given = "".join(f", {name}=({expression})" for name, expression in values.items())
    start, end = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{start}{{{{ _({_quoted(template)}{given}) }}}}{end}"


def _literals(match: re.Match[str], found: list[str]) -> str:
    def literal(inside: re.Match[str]) -> str:
        found.append(inside[1])
        return f"_({_quoted(inside[1])})"

    return "{{" + _LITERAL.sub(literal, match[1]) + "}}"


def _attribute(match: re.Match[str], found: list[str]) -> str:
    found.append(match[2])
    return f'{match[1]}="{{{{ _({_quoted(match[2])}) }}}}"'


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _worded(template: str, **values: Any) -> Any:
    from markupsafe import Markup

    return Markup(words().text(template)).format(**values)
