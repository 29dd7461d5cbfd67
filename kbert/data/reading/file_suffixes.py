"""The formats of files by their suffixes."""

from pathlib import Path

from kbert.choices import FileFormat
from kbert.data.reading.unpacked import inner_name

SUFFIXES: dict[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".feather": "arrow",
    ".arrow": "arrow",
    ".ipc": "arrow",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".txt": "lines",
}


def format_of_suffix(path: Path) -> FileFormat | None:
    """Return the format that the suffix of a path identifies, or None.

    For a compressed file, the suffix before that of the compression counts.
    """
    if path.suffix.lower() == ".zip" and not path.is_file():
        return None
    return SUFFIXES.get(Path(inner_name(path)).suffix.lower())
