"""Reads JSON values that follow each other in a text, without holding all of it in memory."""

import codecs
import json
from typing import Any, BinaryIO

from kbert.data.reading.encodings import guess_encoding, unknown_encoding
from kbert.data.reading.text_lines import open_text
from kbert.errors import InputError
from kbert.findings import Cure

_CHUNK = 2**16  # characters
_BLANKS = " \t\r\n\ufeff"


def keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of these keys and values, or raise ValueError if a key occurs twice.

    Python's parser silently keeps the last of them.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for at, (key, _) in enumerate(pairs) if key in dict(pairs[:at]))
        raise ValueError(f"the key {twice!r:.40} occurs twice")
    return found


DECODER = json.JSONDecoder(object_pairs_hook=keys_once)


class JsonText:
    """JSON that is read chunk by chunk, since an array is often a single line.

    Args:
        stream: binary stream.
        encoding: str.
        source: str. The name that messages use.

    Attributes:
        line: int. The line of the next character.
    """

    def __init__(self, stream: BinaryIO, encoding: str, source: str) -> None:
        self._stream, name = open_text(stream, encoding, source)
        self._encoding, self._source = name, source
        self._decoder = codecs.getincrementaldecoder(name)()
        self._held, self._at, self._ended = "", 0, False
        self.line = 1

    def beginning(self) -> str:
        """Return the next few characters."""
        return self._held[self._at : self._at + 20]

    def next_character(self, skipped: str = "") -> str:
        """Skip blanks and the characters `skipped`, and return the next one, "" at the end."""
        while True:
            while self._at < len(self._held) and self._held[self._at] in _BLANKS + skipped:
                self.take(1)
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._read():
                return ""

    def take(self, characters: int) -> None:
        """Skip the next characters."""
        self.line += self._held.count("\n", self._at, self._at + characters)
        self._at += characters

    def value(self, most: int) -> Any:
        """Return the JSON value that begins here.

        Args:
            most: int. The maximum number of characters.

        Raises:
            InputError: it is broken or longer.
        """
        while True:
            try:
                value, end = DECODER.raw_decode(self._held, self._at)
            except (ValueError, RecursionError) as error:
                held = len(self._held) - self._at
                if isinstance(error, json.JSONDecodeError) and held <= most and self._read():
                    continue
                raise self._broken(error, most if held > most else None) from None
            self.take(end - self._at)
            return value

    def _broken(self, error: ValueError | RecursionError, most: int | None) -> InputError:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        if isinstance(error, RecursionError):
            reason = "nested too deeply"
        template = "{source}, line {line}: broken JSON ({reason})."
        cure = Cure(note="fix the row: nothing after it can be read")
        if most is not None:
            template = "{source}, line {line}: no JSON value ends within {most:,} characters."
            cure = Cure(note="save the rows as JSON Lines: one object per line, in a .jsonl file")
        return InputError(
            template, source=self._source, line=self.line, reason=reason, most=most, cure=cure
        )

    def _read(self) -> bool:
        """Read at least as much again as is held; return whether there was more."""
        parts, size = [self._held[self._at :]], 0
        while size < max(_CHUNK, len(parts[0])) and not self._ended:
            data = self._stream.read(_CHUNK)
            self._ended = not data
            try:
                parts.append(self._decoder.decode(data, final=self._ended))
            except UnicodeDecodeError:
                raise self._undecodable(data) from None
            size += len(parts[-1])
        self._held, self._at = "".join(parts), 0
        return size > 0

    def _undecodable(self, data: bytes) -> InputError:
        whole = data[data.find(b'"') : data.rfind(b'"')]  # no partial character at its ends
        guess = guess_encoding(whole, self._encoding)
        return InputError(
            "{source} is not {encoding}.",
            source=self._source,
            encoding=self._encoding,
            cure=unknown_encoding() if guess is None else Cure({"encoding": guess}),
        )
