"""How a labelled file is read: declared once, for TOML, Python and the command line."""

import dataclasses
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kbert.choices import FileFormat, OnBadRow, Quoting, TargetKind
from kbert.errors import SkippedRowsWarning

if TYPE_CHECKING:
    from kbert.data.reading.examples import Examples
    from kbert.data.reading.open_table import TableFormat

OF_SPLIT = ("group", "split_by_time")
"""The columns by which rows are set aside; evaluation and prediction need none of them."""
OF_LABELS = ("label", "weight", "target", "label_separator")
"""The options for how labels are read; prediction needs none of them."""
OF_LAYOUT = ("format", "encoding", "header", "delimiter", "sheet", "quoting")
"""The options for how the table in a file is laid out."""


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
    """Text column, by name or position from 0; detected by common names if omitted."""
    pair: str | None = None
    """Column of the second text, for text pairs."""
    label: str | None = None
    """Label column, or several separated by commas; detected by common names if omitted."""
    target: TargetKind | None = None
    """What a label is: one class, several, numbers, shares of the classes, or an ordered class."""
    label_separator: str | None = None
    """What separates several labels in a text, such as a semicolon."""
    weight: str | None = None
    """Column of the rows' weights, 0 or more; without it all rows count the same."""
    group: str | None = None
    """Column of the rows' groups, such as authors: a group is trained on or evaluated on as a
    whole."""
    split_by_time: str | None = None
    """Column of the rows' times, dates or numbers: the latest rows are set aside."""
    format: FileFormat | None = None
    """Format of the files, where their suffix does not identify it."""
    encoding: str = "utf-8"
    """Encoding of the files, such as cp1252 or gb18030."""
    header: bool = True
    """Whether the first row names the columns."""
    delimiter: str | None = None
    """Character between the fields of a CSV or TSV file, such as a semicolon."""
    sheet: str | None = None
    """Sheet of an Excel workbook, by its name; needed where several have cells."""
    quoting: Quoting = "auto"
    """How fields are quoted in CSV and TSV files."""
    on_bad_row: OnBadRow = "error"
    """Whether a row that cannot be used stops the run, or is skipped and listed."""

    def read(self, source: Any, **more: Any) -> "Examples":
        """Return the examples of a source; `more` is passed to `read_examples` too.

        The caller judges the rows that are skipped, as a finding.
        """
        from kbert.data.reading.read_examples import read_examples

        fields = dataclasses.fields(ReadingOptions)
        options = {field.name: getattr(self, field.name) for field in fields}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SkippedRowsWarning)
            return read_examples(source, **{**options, **more})

    def layout(self) -> "TableFormat":
        """Return the layout with which the table of such a file is opened."""
        from kbert.data.reading.open_table import TableFormat

        return TableFormat(
            self.format,
            self.encoding,
            self.header,
            self.delimiter,
            self.quoting,
            sheet=self.sheet,
        )

    def reading_settings(self) -> dict[str, Any]:
        """Return the given settings for reading another file like this one."""
        left_out = ("on_bad_row", *OF_SPLIT)
        return {n: v for n, v in self.file_settings().items() if n not in left_out}

    def file_settings(self) -> dict[str, Any]:
        """Return the given settings for reading the same file again."""
        fields = dataclasses.fields(ReadingOptions)
        values = {field: getattr(self, field.name) for field in fields}
        return {field.name: v for field, v in values.items() if v != field.default}
