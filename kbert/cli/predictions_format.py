"""The format in which predictions are written."""

import sys
from pathlib import Path

from kbert.choices import OutputFormat
from kbert.errors import InputError
from kbert.exports.output import check_output
from kbert.findings import Cure, Option
from kbert.serving.write_predictions import FORMATS, check_bom, format_of


def choose_format(
    output: Path | None,
    asked: str | None,
    bom: bool = False,
    formats: tuple[OutputFormat, ...] = FORMATS,
) -> OutputFormat:
    """Return csv, jsonl or xlsx, after checking that nothing would be overwritten."""
    if output is not None:
        check_output(output)
    chosen = format_of(output, asked, formats)
    check_bom(bom, chosen)
    if chosen == "xlsx" and output is None:
        raise InputError(
            "A workbook cannot be written to standard output. Name a file with {output}.",
            output=Option("output"),
            cure=Cure({"output": "labelled.xlsx"}),
        )
    return chosen


def use_utf8() -> None:
    """Let standard output take any text, in any locale."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="surrogatepass", newline="\n")
