"""The package that reads and writes Excel workbooks, which need not be installed."""

from typing import Any

from kbert.errors import InputError
from kbert.utils.missing_package import pip_install


def import_openpyxl() -> Any:
    """Return the package openpyxl, or raise InputError with the cure."""
    try:
        import openpyxl
    except ModuleNotFoundError as error:
        if error.name not in ("openpyxl", "et_xmlfile"):
            raise
        raise InputError(
            "An Excel workbook needs the package openpyxl. Install it: {install}",
            install=pip_install("openpyxl"),
        ) from None
    return openpyxl
