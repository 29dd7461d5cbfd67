"""Opens and checks Excel workbooks, and chooses the sheet to read."""

import itertools
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from kbert.data.reading.file_kinds import EXCEL
from kbert.errors import InputError
from kbert.findings import Cure, Joined
from kbert.utils.foreign import foreign_input
from kbert.utils.xlsx_package import import_openpyxl

_MIN_LIMIT, _MAX_RATIO = 2**28, 200  # of the unpacked size, as for other files
_COMPOUND = b"\xd0\xcf\x11\xe0"  # of password-protected workbooks, and of .xls
_PROTECTED = "EncryptedPackage".encode("utf-16-le")
_COPY = Cure(note="it may be incomplete: copy or save it again")
_MAX_LISTED = 10
_LOOKED_AT = 100  # rows, to see which sheet holds a table


class Workbook:
    """A workbook opened for reading, each sheet with the values that Excel has stored.

    Args:
        path: Path.
        files: ExitStack. Closes the workbook.

    Raises:
        InputError: it is not a workbook, is damaged, or is protected by a password; openpyxl is not
            installed.
    """

    def __init__(self, path: Path, files: ExitStack) -> None:
        self.path = path
        self._files = files
        self._openpyxl = import_openpyxl()
        _check_is_open(path)
        _check_size(path)
        self._book = self._open(values=True)

    def _open(self, *, values: bool) -> Any:
        with reading(self.path):
            book = self._openpyxl.load_workbook(
                self.path, read_only=True, data_only=values, keep_links=False
            )
        self._files.callback(book.close)
        return book

    def sheet(self, name: str | None) -> str:
        """Return the name of the sheet to be read: the one asked for, or the only one with cells.

        Raises:
            InputError: there is none by that name, or several could be meant.
        """
        every = [sheet.title for sheet in self._book.worksheets]
        if name is not None:
            if name not in every:
                raise InputError(
                    "{path} has no sheet {name!r}. Its sheets: {sheets}.",
                    path=self.path,
                    name=name,
                    sheets=_listed(every),
                    cure=Cure({"sheet": "NAME"}),
                )
            return name
        shown = [s.title for s in self._book.worksheets if s.sheet_state == "visible"]
        filled = [title for title in shown or every if self._has_cells(title)]
        if len(filled) > 1:
            raise InputError(
                "{path} has {count} sheets: {sheets}. Name the one to read.",
                path=self.path,
                count=len(filled),
                sheets=_listed(filled),
                cure=Cure({"sheet": max(filled, key=self._table_rows)}),
            )
        if not filled:
            raise InputError("{path} contains no cells.", path=self.path)
        return filled[0]

    def rows(self, sheet: str) -> Iterator[tuple[Any, ...]]:
        """Yield the cells of each row from the first, with the values that are stored."""
        return self._rows(self._book, sheet)

    def formulas(self, sheet: str) -> Iterator[tuple[Any, ...]] | None:
        """Return the cells of each row with the formulas themselves, or None if there are none."""
        if not any(re.search(rb"<(\w+:)?f[\s/>]", part) for part in self._parts(sheet)):
            return None
        return self._rows(self._open(values=False), sheet)

    def merged(self, sheet: str) -> list[tuple[int, int, int, int]]:
        """Return the first column, first row, last column and last row of each merged range."""
        from openpyxl.utils.cell import range_boundaries

        found = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z0-9:]+)[\"']")
        refs = dict.fromkeys(ref for part in self._parts(sheet) for ref in found.findall(part))
        with reading(self.path):
            return [range_boundaries(ref.decode()) for ref in refs]

    def _has_cells(self, sheet: str) -> bool:
        rows = self.rows(sheet)
        return any(cell.value is not None for row in rows for cell in row)

    def _table_rows(self, sheet: str) -> int:
        """Return in how many of the first rows of a sheet several cells are filled."""
        rows = itertools.islice(self.rows(sheet), _LOOKED_AT)
        return sum(sum(cell.value is not None for cell in row) > 1 for row in rows)

    def _rows(self, book: Any, sheet: str) -> Iterator[tuple[Any, ...]]:
        table = book[sheet]
        table.reset_dimensions()  # some programs write wrong ones
        rows = table.iter_rows()
        while True:
            with reading(self.path):
                row = next(rows, None)
            if row is None:
                return
            yield row

    def _parts(self, sheet: str) -> Iterator[bytes]:
        """Yield the XML of a sheet in overlapping parts, so that each element is whole in one."""
        size, overlap = 2**20, 2**8
        with (
            reading(self.path),
            zipfile.ZipFile(self.path) as archive,
            archive.open(self._book[sheet]._worksheet_path) as stream,
        ):
            held = b""
            while part := stream.read(size):
                yield held + part
                held = part[-overlap:]


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn openpyxl's exceptions into an InputError, and ignore its warnings.

    It warns about what it does not read: styles, validations, extensions.
    """
    with (
        foreign_input("{path} is not a readable Excel workbook: {reason}.", path=path, cure=_COPY),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


def _check_is_open(path: Path) -> None:
    """Raise InputError for a password-protected workbook, or one in the old format."""
    with path.open("rb") as file:
        if file.read(4) != _COMPOUND:
            return
        held = b""
        while part := file.read(2**20):
            if _PROTECTED in held + part:
                raise InputError(
                    "{path} is protected by a password.",
                    path=path,
                    cure=Cure(note="remove the password: in Excel, File, Info, Protect Workbook"),
                )
            held = part[-len(_PROTECTED) :]
    raise InputError(
        "{path} is an old Excel workbook (.xls), which kbert does not read.",
        path=path,
        cure=EXCEL,
    )


def _check_size(path: Path) -> None:
    """Raise InputError for a file that unpacks to far more than workbooks do."""
    with reading(path), zipfile.ZipFile(path) as archive:
        size = sum(info.file_size for info in archive.infolist())
    limit = max(_MIN_LIMIT, _MAX_RATIO * path.stat().st_size)
    if size > limit:
        raise InputError(
            "{path} unpacks to {size:,} bytes, more than {limit:,}. A workbook of texts was "
            "expected.",
            path=path,
            size=size,
            limit=limit,
        )


def _listed(names: list[str]) -> str:
    more = [f"… ({len(names)})"] if len(names) > _MAX_LISTED else []
    return Joined([*map(repr, names[:_MAX_LISTED]), *more])
