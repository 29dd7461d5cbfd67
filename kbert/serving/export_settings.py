"""The settings in an export's kbert.json: how its program is fed, and what its numbers mean."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kbert.choices import CutPair, LongText
from kbert.errors import InputError
from kbert.serving.sessions import output_name
from kbert.targets.known_targets import target_of
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.tokenizer.windows import Windows, known_windows
from kbert.utils.label_names import check_label_names
from kbert.utils.untrusted import check_file, is_plain_name, read_json

SETTINGS_FILE = "kbert.json"
_FORMAT = "kbert-export-1"


@dataclass(frozen=True)
class ExportSettings:
    """The settings needed to run an exported program, from token ids to probabilities.

    Args:
        kind: str. The format, such as "onnx".
        file: str. The program's file or folder in the export.
        labels: tuple of str. The classes in the order of their numbers.
        max_length: int. The maximum number of tokens of a text or pair.
        length: int or None. The one width that the program takes; None for any up to `max_length`.
        int8: bool. Whether the weights were rounded to 8 bits.
        text_pairs: bool or None. Whether the model was trained on pairs; None if that is not known.
        tokenizer: dict. The tokenizer's settings; its vocabulary is vocab.txt.
        num_segments: int or None. How many texts per row the program can distinguish. Defaults to
            None: kbert 0.1 did not write it.
        target: dict or None. What a label is, if it is not one class. Defaults to None.
    """

    kind: str
    file: str
    labels: tuple[str, ...]
    max_length: int
    length: int | None
    int8: bool
    text_pairs: bool | None
    tokenizer: Mapping[str, Any]
    num_segments: int | None = None
    target: Mapping[str, Any] | None = None

    @property
    def long_text(self) -> LongText:
        """What the model reads of a text that is too long."""
        return self.tokenizer.get("long_text", "head")

    @property
    def cut_pair(self) -> CutPair:
        """Which text of a pair that is too long is cut, or windowed."""
        return self.tokenizer.get("cut_pair", "longest")

    @property
    def windows(self) -> Windows | None:
        """How texts that are too long are split into windows; None if they are cut.

        The logits of the windows are pooled.
        """
        return known_windows(self.long_text, self.tokenizer.get("windows"))

    @property
    def output(self) -> str:
        """The name of the program's output."""
        return output_name(self.long_text)

    def write(self, folder: Path) -> None:
        """Write the settings into an export's folder."""
        text = json.dumps({"format": _FORMAT, **asdict(self)}, indent=2, ensure_ascii=False)
        (folder / SETTINGS_FILE).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "ExportSettings":
        """Return the settings of an export, or raise InputError."""
        path = folder / SETTINGS_FILE
        values = read_json(path)
        if "format" not in values:
            raise InputError("{path} is not from a kbert export: it names no format.", path=path)
        if values.pop("format") != _FORMAT:
            raise InputError(
                "{path} is of another version; {expected} was expected.",
                path=path,
                expected=_FORMAT,
            )
        labels = values.get("labels")
        if isinstance(labels, list):
            values["labels"] = tuple(labels)
        try:
            settings = cls(**values)
        except TypeError as error:
            raise InputError("{path} does not fit: {error}", path=path, error=error) from None
        settings._check(path)
        return settings

    def read_tokenizer(self, folder: Path) -> Tokenizer:
        """Return the tokenizer of the export."""
        vocabulary = folder / "vocab.txt"
        if vocabulary.exists():
            check_file(vocabulary, folder)
        try:
            return Tokenizer.from_file(vocabulary, **self.tokenizer)
        except TypeError as error:
            raise InputError(
                "{folder}: the tokenizer does not fit: {error}",
                folder=folder / SETTINGS_FILE,
                error=error,
            ) from None

    def _check(self, path: Path) -> None:
        """Raise InputError if a value has the wrong type or is out of range."""
        expected = {
            "kind": isinstance(self.kind, str),
            "file": is_plain_name(self.file),
            "labels": _are_names(self.labels),
            "max_length": _is_count(self.max_length, 3),
            # The texts are cut to max_length, and would not fit into fewer columns.
            "length": self.length is None or _is_count(self.length, self.max_length),
            "int8": isinstance(self.int8, bool),
            "text_pairs": self.text_pairs is None or isinstance(self.text_pairs, bool),
            "tokenizer": isinstance(self.tokenizer, dict),
            "num_segments": self.num_segments is None or _is_count(self.num_segments, 1),
        }
        for name, fits in expected.items():
            if not fits:
                raise InputError(
                    "{path}: {name} is not of the kind that kbert export writes. Received: "
                    "{value!r:.80}",
                    path=path,
                    name=name,
                    value=getattr(self, name),
                )
        try:
            if self.windows is not None:
                self.windows.check_room(self.max_length)
        except InputError as error:
            raise InputError("{path}: {error}", path=path, error=error) from None
        check_label_names(self.labels, path)
        target = target_of(self.target, len(self.labels))
        if len(self.labels) < target.least_labels:
            raise InputError("{path}: there must be two labels or more.", path=path)


def _is_count(value: Any, least: Any) -> bool:
    return type(value) is int is type(least) and least <= value <= 10**5


def _are_names(labels: Any) -> bool:
    """Whether these are texts, none of them empty."""
    return (
        isinstance(labels, tuple)
        and len(labels) > 0
        and all(isinstance(name, str) and name for name in labels)
    )
