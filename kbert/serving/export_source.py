"""Exported programs as sources of models."""

from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import NoReturn

from kbert.errors import InputError
from kbert.interop.source import Compute, Source, with_casing_cure
from kbert.serving.export_settings import SETTINGS_FILE, ExportSettings
from kbert.serving.run_session import run_session
from kbert.serving.sessions import check_suffix, open_session
from kbert.targets.known_targets import target_of
from kbert.targets.target import Target
from kbert.tokenizer.tokenizer import Tokenizer


@dataclass(frozen=True)
class Export(Source):
    """The folder of an exported program, which predicts but has no weights to take out."""

    kind = "an exported program"

    @classmethod
    def recognises(cls, name: str) -> bool:
        return (Path(name) / SETTINGS_FILE).is_file()

    @cached_property
    def settings(self) -> ExportSettings:
        """The settings in kbert.json."""
        return ExportSettings.read(self.local_path)

    def labels(self) -> tuple[str, ...]:
        return self.settings.labels

    def target(self) -> Target:
        return target_of(self.settings.target, len(self.settings.labels))

    def text_pairs(self) -> bool | None:
        return self.settings.text_pairs

    def max_length(self) -> int:
        return self.settings.max_length

    def num_segments(self) -> int | None:
        return self.settings.num_segments

    def tokenizer(self) -> Tokenizer:
        found = self.settings.read_tokenizer(self.local_path)
        note = '"lowercase": {value} of the "tokenizer" in {file}'
        return with_casing_cure(found, note, file=self.local_path / SETTINGS_FILE)

    def sizes(self) -> NoReturn:
        raise InputError(
            "{name} is an exported program, which has no weights to extract. Name the run or the "
            "model that it was exported from.",
            name=self.name,
        )

    def read(self, *, head: bool = True) -> NoReturn:
        self.sizes()

    def session(self, threads: int | None = None) -> Compute:
        kind, file = self.settings.kind, self.local_path / self.settings.file
        check_suffix(kind, file)
        session = open_session(kind, file, threads, output=self.settings.output)
        return partial(run_session, session, self.tokenizer(), self.settings)
