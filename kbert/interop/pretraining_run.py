"""Runs of `kbert pretrain`: their model is a Hugging Face BERT without classes."""

from pathlib import Path
from typing import Any

from kbert.errors import InputError, KbertError
from kbert.findings import Call, Cure, Finding, Message
from kbert.interop.hugging_face import HuggingFaceFolder
from kbert.interop.unfinished_run import unfinished_run
from kbert.utils.untrusted import check_file, read_json

PRETRAINING = "pretraining"
"""The kind of such a run in run.json."""


class PretrainingRun(HuggingFaceFolder):
    """A run directory of `kbert pretrain`, with the model of its best evaluation."""

    kind = Message("a pretraining run of kbert")

    @classmethod
    def recognises(cls, name: str) -> bool:
        return is_pretraining(Path(name))

    @property
    def path(self) -> Path:
        return Path(self.name) / "model"

    def check(self) -> None:
        run = Path(self.name)
        if not (self.path / "config.json").is_file():
            raise InputError(
                "{run} is a run without a trained model.",
                run=run,
                cure=Cure(note="finish it first: {call}", values={"call": Call("resume", run)}),
            )
        check_file(self.path / "config.json", run)
        super().check()

    def findings(self) -> list[Finding]:
        found = unfinished_run(Path(self.name), _record(Path(self.name)))
        return [] if found is None else [found]


def is_pretraining(run: Path) -> bool:
    """Whether a run directory is one of `kbert pretrain`, as far as its files tell."""
    return _record(run).get("kind") == PRETRAINING


def _record(run: Path) -> dict[str, Any]:
    """Return what run.json holds; nothing if it cannot be read: whoever needs it reports that."""
    file = run / "run.json"
    try:
        return read_json(file) if file.is_file() else {}
    except (KbertError, OSError):
        return {}
