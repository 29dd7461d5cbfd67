"""How a labelled file is read: declared once, for TOML, Python and the command line."""

import dataclasses
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kbert.choices import Format, OnBadRow, Quoting

if TYPE_CHECKING:
    from kbert.data.reading.examples import Examples


@dataclass(frozen=True, kw_only=True)
class ReadingOptions:
    """How a labelled file is read; what `read_examples` takes.

    Example:

    ```python
    options = ReadingOptions(text="text", encoding="cp1252")
    examples = options.read("reviews.csv")
    ```
    """

    text: str | None = None
    """The text's column, by name or position from 0; common names are found."""
    pair: str | None = None
    """The second text's column, for text pairs."""
    label: str | None = None
    """The label's column; common names are found."""
    format: Format | None = None
    """The format of the files, for those with another suffix."""
    encoding: str = "utf-8"
    """The encoding of the files, such as cp1252 or gb18030."""
    header: bool = True
    """Whether the first row names the columns."""
    delimiter: str | None = None
    """What divides the fields of a CSV or TSV file, such as a semicolon."""
    quoting: Quoting = "auto"
    """How fields are quoted in CSV and TSV files."""
    on_bad_row: OnBadRow = "error"
    """Whether a row that cannot be used stops everything, or is skipped and listed."""

    def read(self, source: Any, **more: Any) -> "Examples":
        """Return the examples of a source; `more` is passed to `read_examples` too."""
        from kbert.data.reading.read_examples import read_examples

        fields = dataclasses.fields(ReadingOptions)
        options = {field.name: getattr(self, field.name) for field in fields}
        return read_examples(source, **{**options, **more})

    def flags(self) -> str:
        """Return the flags with which another file like this one is read."""
        flags = ""
        for name in ("text", "pair", "label", "format", "encoding", "delimiter", "quoting"):
            value = getattr(self, name)
            if value not in (None, "utf-8", "auto"):
                flags += f" --{name} {shlex.quote(value)}"
        return flags if self.header else f"{flags} --no-header"
