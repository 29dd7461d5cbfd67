"""What --help shows, in the user's language."""

from collections.abc import Iterator
from typing import Any

from cyclopts.help import ColumnSpec, DefaultFormatter, HelpEntry, HelpPanel, NameRenderer
from cyclopts.help.inline_text import InlineText
from cyclopts.help.specs import get_default_command_columns, get_default_parameter_columns

from kbert.display import cells, wrapped
from kbert.findings import Joined, Message, worded, words

_LONGEST = len("--gradient-accumulation-steps INT")
# The parser's own texts, which are translated where they are shown.
_OF_THE_PARSER = (
    Message("Commands"),
    Message("Parameters"),
    Message("Display this message and exit."),
    Message("Display application version."),
)


class HelpFormatter(DefaultFormatter):
    """Shows help in the user's language; the longest flag and its type fit on a line."""

    def __init__(self) -> None:
        super().__init__(column_specs=None)

    def __call__(self, console: Any, options: Any, panel: HelpPanel) -> None:
        """Print a panel."""
        specs = _columns if panel.format == "parameter" else get_default_command_columns
        *names, description = specs(console, options, panel.entries)
        self.column_specs = (*names, description.copy(renderer=_described))
        super().__call__(console, options, panel.copy(title=_translated(str(panel.title))))

    def render_usage(self, console: Any, options: Any, usage: Any) -> None:
        """Print the line that begins with "Usage:"."""
        from cyclopts.help.specs import DefaultStyled
        from rich.text import Text

        text = Text(worded("Usage: {usage}", usage=usage), style="cyclopts.usage")
        console.print(DefaultStyled(text))

    def render_description(self, console: Any, options: Any, description: Any) -> None:
        """Print what a verb does, each paragraph as one line, wrapped where necessary."""
        text = getattr(description, "primary_renderable", None)
        if text is not None:
            lines = (_translated(line) for line in text.plain.split("\n"))
            description = InlineText.from_format(
                "\n".join(lines), "plaintext", force_empty_end=True
            )
        super().render_description(console, options, description)


def with_whole_paragraphs(docstring: str) -> str:
    """Return a docstring with each paragraph on one line, which --help wraps where necessary."""
    lines: list[str] = []
    for line in docstring.splitlines():
        indent = len(line) - len(line.lstrip())
        before = lines[-1] if lines else ""
        goes_on = line.strip() and before.strip() and before.startswith(" ") == (indent > 0)
        in_parameters = any(line.startswith("---") for line in lines) or line.startswith("---")
        if goes_on and (indent > 0 or not in_parameters):
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    return "\n".join(lines)


def texts_of_docstring(docstring: str) -> Iterator[str]:
    """Yield what --help shows of a verb's docstring: its paragraphs, and its arguments' texts."""
    before, _, after = with_whole_paragraphs(docstring).partition("\nParameters\n---")
    yield from (line.strip() for line in before.splitlines() if line.strip())
    yield from (line.strip() for line in after.splitlines() if line.startswith(" "))


def one_line(text: str) -> str:
    """Return a help text on one line, as in the catalogues."""
    return " ".join(text.split())


def _translated(text: str) -> str:
    return words().text(one_line(text)) if text.strip() else text


def _columns(console: Any, options: Any, entries: Any) -> tuple[ColumnSpec, ...]:
    *mark, _, description = get_default_parameter_columns(console, options, entries)
    names = ColumnSpec(NameRenderer(_LONGEST), "Option", style="cyclopts.name", max_width=_LONGEST)
    return (*mark, names, description)


def _described(entry: HelpEntry) -> Any:
    """Return the help of a flag, with its choices and default."""
    from rich.text import Text

    text = getattr(entry.description, "primary_renderable", entry.description)
    shown = _translated(getattr(text, "plain", str(text or "")))
    notes = []
    if entry.choices:
        choices = worded("[choices: {choices}]", choices=Joined(entry.choices))
        notes.append(Text(choices, "cyclopts.choices"))
    if entry.default is not None:
        default = worded("[default: {default}]", default=entry.default)
        notes.append(Text(default, "cyclopts.default"))
    if entry.required:
        notes.append(Text(worded("[required]"), "cyclopts.required"))
    if not shown.isascii():
        return _Wrapped(" ".join([shown, *(note.plain for note in notes)]))
    line = InlineText(Text(shown))
    for note in notes:
        line.append(note)
    return line


class _Wrapped:
    """A text that also wraps between wide characters, which Rich does only within a word."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __rich_console__(self, console: Any, options: Any) -> Iterator[Any]:
        from rich.text import Text

        yield Text("\n".join(wrapped(self._text, options.max_width)))

    def __rich_measure__(self, console: Any, options: Any) -> Any:
        from rich.measure import Measurement

        return Measurement(min(20, options.max_width), min(cells(self._text), options.max_width))
