"""How the command line writes settings and calls."""

import gettext
import os
from collections.abc import Mapping
from typing import Any

from kbert.choices import Severity
from kbert.findings import Call, Message, Words
from kbert.utils.command_name import command_name
from kbert.utils.lasting_stream import LastingStream
from kbert.utils.shell_words import shell_path, shell_word

_SEVERITIES: dict[Severity, Message] = {
    "info": Message("INFO"),
    "warning": Message("WARNING"),
    "error": Message("ERROR"),
}
_COLOURS = {"warning": "33", "error": "1;31"}  # yellow, bold red

_FLAGS = {"callbacks": "--callback"}  # given once for each callback


class FlagWords(Words):
    """Writes flags and commands, ready to be pasted into a shell.

    Args:
        catalogue: the messages in the language of the user. Defaults to None: English.
    """

    def __init__(self, catalogue: gettext.NullTranslations | None = None) -> None:
        self._catalogue = catalogue or gettext.NullTranslations()

    def text(self, template: str) -> str:
        return self._catalogue.gettext(template) if template else ""  # gettext("") is the header

    def number(self, one: str, many: str, number: int) -> str:
        return self._catalogue.ngettext(one, many, number)

    def in_english(self) -> Words:
        return FlagWords()

    def option(self, name: str) -> str:
        return _FLAGS.get(name, f"--{name.replace('_', '-')}")

    def settings(self, settings: Mapping[str, Any]) -> str:
        return " ".join(part for item in settings.items() for part in self._flag(*item))

    def call(self, call: Call) -> str:
        settings = dict(call.settings)
        arguments = [*call.arguments, *([settings.pop("data")] if "data" in settings else [])]
        parts = [command_name(), call.verb, *map(shell_path, arguments)]
        return " ".join([*parts, *([self.settings(settings)] if settings else [])])

    def severity(self, severity: Severity) -> str:
        name = str(_SEVERITIES[severity])
        if (
            severity not in _COLOURS
            or not LastingStream("stdout").isatty()
            or os.environ.get("NO_COLOR")
        ):
            return name
        return f"\x1b[{_COLOURS[severity]}m{name}\x1b[0m"

    def _flag(self, name: str, value: Any) -> list[str]:
        flag = self.option(name)
        if value is True:
            return [flag]
        if value is False:
            return [f"--no-{flag[2:]}"]
        if name == "delimiter" and value == "\t":
            value = r"\t"  # can be pasted into a shell, which would complete a tab
        values = value if isinstance(value, (tuple, list)) else [value]
        return [f"{flag}{_separator(each)}{shell_word(each)}" for each in map(str, values)]


def _separator(value: str) -> str:
    """Return what separates a flag from its value; a value may itself look like a flag."""
    return "=" if value.startswith("-") else " "
