"""How a run's file was laid out, for other files like it."""

import codecs
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from kbert.config import TrainConfig
from kbert.data.reading.columns import choose_columns
from kbert.data.reading.common_names import PAIR_NAMES, TEXT_NAMES
from kbert.data.reading.file_patterns import is_pattern, matching_files
from kbert.data.reading.file_suffixes import format_of_suffix
from kbert.data.reading.many_files import open_tables
from kbert.data.reading.reading_options import OF_LAYOUT, ReadingOptions
from kbert.data.reading.text_lines import open_binary
from kbert.data.reading.unpacked import COMPRESSED, unpack
from kbert.data.shards.location import is_store
from kbert.errors import KbertError
from kbert.findings import Joined, Option, worded
from kbert.utils.say import say

_CHUNK = 2**20  # bytes
_NAMES = frozenset({*TEXT_NAMES, *(name for pair in PAIR_NAMES for name in pair)})
_DEFAULTS = {field.name: field.default for field in fields(ReadingOptions)}


def recorded_settings(model: Path) -> TrainConfig | None:
    """Return the settings that a run was trained with; None if there are none that can be read."""
    if not (model / "config.toml").is_file():
        return None
    from kbert.runs.run_config import recorded_config
    from kbert.runs.run_directory import RunDirectory

    try:
        return recorded_config(RunDirectory(model))
    except (KbertError, OSError):
        return None  # the model is usable without the settings that it was trained with


def with_run_layout(
    model: Path, data: str, options: ReadingOptions, named: Collection[str]
) -> ReadingOptions:
    """Return how a file is read: like a run's own file, if it has the same format.

    Options that were given are used. A setting of the run is not used if the file contradicts it:
    the format if the suffix differs, the encoding if the file is UTF-8, a missing header if the
    first row has names, and settings with which the columns are not found, but without which they
    are.

    Args:
        model: Path. A run directory; any other model has no record of files.
        data: str. The file, or a pattern, of which the first file is examined.
        options: ReadingOptions.
        named: collection of str. The names of the options that were given.
    """
    config = recorded_settings(model)
    if config is None or config.task is not None:
        return options
    its_file = config.dev if is_store(config.data) else config.data
    try:
        path = matching_files(data)[0] if is_pattern(data) else Path(data)
        if not path.is_file():
            return options
        settings = _settings(config, path, Path(its_file or ""), options, named)
        if "encoding" in settings and _is_utf8(path, settings["encoding"]):
            del settings["encoding"]
    except (KbertError, OSError):
        return options  # the error is reported when the file is read
    if "header" in settings and _has_names(data, replace(options, **{**settings, "header": True})):
        del settings["header"]
    if not settings:
        return options
    others = {n: value for n, value in settings.items() if n not in ("delimiter", "quoting")}
    # The first of those that fit best.
    taken = max((settings, others, {}), key=lambda s: _fit(data, replace(options, **s), config))
    if taken:
        given = Joined(str(Option(name, value)) for name, value in taken.items())
        line = worded("{data} is read like the run's own file: {given}", data=data, given=given)
        say(line, to="stderr")
    return replace(options, **taken)


def _settings(
    config: TrainConfig, path: Path, its_file: Path, options: ReadingOptions, named: Collection[str]
) -> dict[str, Any]:
    """Return a run's settings that were not given, for a file of the same format."""
    told = {n: getattr(config, n) for n in OF_LAYOUT if n not in named}
    told = {n: value for n, value in told.items() if value != _DEFAULTS[n]}
    if _suffix(path) != _suffix(its_file):
        told.pop("format", None)  # the suffix determines it
    its_format = config.format or format_of_suffix(its_file)
    is_alike = its_format == (options.format or told.get("format") or format_of_suffix(path))
    return told if is_alike and its_format is not None else {}


def _suffix(path: Path) -> str:
    return Path(path.stem).suffix if path.suffix.lower() in COMPRESSED else path.suffix


def _is_utf8(path: Path, encoding: str) -> bool:
    """Whether a file is UTF-8, and would be read as something else in the given encoding."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_ascii = "\n".encode(encoding) == b"\n"  # whether the encoding leaves ASCII as it is
    with unpack(open_binary(path), path) as stream:
        while data := stream.read(_CHUNK):
            if b"\0" in data:
                return False
            try:
                decoder.decode(data)
            except UnicodeDecodeError:
                return False
            is_ascii = is_ascii and data.isascii()
    return not is_ascii


def _has_names(data: str, options: ReadingOptions) -> bool:
    """Whether the first row names a column of texts."""
    with ExitStack() as files:
        try:
            table = next(open_tables(data, files, options.layout()))
        except (KbertError, OSError):
            return False
        return any(name.strip().casefold() in _NAMES for name in table.columns)


def _fit(data: str, options: ReadingOptions, config: TrainConfig) -> int:
    """Return 2 if a file can be read so and its texts are found, 1 if only the former, else 0."""
    fit = 0
    with ExitStack() as files:
        try:
            table = next(open_tables(data, files, options.layout()))
            fit = 1
            if options.text is not None or config.text not in table.columns:
                choose_columns(table, text=options.text, pair=options.pair, need_label=False)
        except (KbertError, OSError):
            return fit
    return 2
