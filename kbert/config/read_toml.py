"""Reads settings from TOML."""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kbert.config.checks import check_type
from kbert.errors import InputError
from kbert.findings import Cure, Joined
from kbert.utils.file_errors import file_error
from kbert.utils.untrusted import check_regular

# In bytes. tomllib's memory grows with the square of the parts of a dotted key, which is one line.
_MAX_TOML = 2**16
_MAX_LINE = 2**12

# Their names in kbert 0.1.
_FORMER_NAMES = {"accumulation": "gradient_accumulation_steps", "force": "allow"}


def read_toml(path: str | Path, hints: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings in a TOML file by name.

    Args:
        path: str or Path.
        hints: dict. The type of each setting that the file may have.

    Raises:
        InputError: the file cannot be read, or a setting is unknown or of the wrong type.
    """
    values = {_FORMER_NAMES.get(name, name): value for name, value in _parse(path).items()}
    for name, value in values.items():
        if name not in hints:
            near = difflib.get_close_matches(name, hints, 1)
            if near:
                raise InputError(
                    "{path}: there is no setting {name!r:.80}. Did you mean {near!r}?",
                    path=path,
                    name=name,
                    near=near[0],
                )
            raise InputError(
                "{path}: there is no setting {name!r:.80}. Known: {known}.",
                path=path,
                name=name,
                known=Joined(hints),
            )
        values[name] = tuple(value) if isinstance(value, list) else value
        try:
            check_type(name, values[name], hints[name])
        except InputError as error:
            raise InputError("{path}: {error}", path=path, error=error) from None
    return values


def _parse(path: str | Path) -> dict[str, Any]:
    try:
        check_regular(Path(path))
        with open(path, "rb") as file:
            text = file.read(_MAX_TOML + 1)
        if len(text) > _MAX_TOML or max(map(len, text.split(b"\n"))) > _MAX_LINE:
            raise InputError(
                "{path} is not a TOML file of settings: at most {max_bytes:,} bytes in lines of "
                "at most {max_line:,} were expected.",
                path=path,
                max_bytes=_MAX_TOML,
                max_line=_MAX_LINE,
            )
        if b"\0" in text:
            raise InputError(
                "{path} contains NUL characters; TOML is UTF-8 without them.",
                path=path,
                cure=Cure(note="save it as UTF-8"),
            )
        return tomllib.loads(text.decode("utf-8-sig"))  # with or without a byte order mark
    except UnicodeDecodeError as error:
        raise InputError(
            "{path} is not UTF-8, which TOML has to be: line {line} has the byte {byte:#04x}.",
            path=path,
            line=text.count(b"\n", 0, error.start) + 1,
            byte=text[error.start],
            cure=Cure(note="save it as UTF-8"),
        ) from None
    except FileNotFoundError:
        raise InputError("There is no file {path}. Check its path.", path=path) from None
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        raise InputError("{path} is not TOML: {error}", path=path, error=error) from None
    except OSError as error:
        raise file_error("{path} cannot be read: {reason}.", of=error, path=path) from error
