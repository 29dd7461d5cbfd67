"""The directory of a run."""

import contextlib
import itertools
import json
import os
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kbert.data.reading.dev_split import SPLIT_VERSION
from kbert.data.reading.rows import BadRow
from kbert.errors import InputError, KbertError
from kbert.findings import Cure, Option, in_english
from kbert.results.evaluation_history import EvaluationHistory
from kbert.runs.beginning import has_record, is_beginning
from kbert.runs.run_record import read_record
from kbert.utils.csv_text import csv_text
from kbert.utils.file_errors import file_error, is_utf8
from kbert.utils.files import remove_temporary, write_text

TABLES = ("eval_results.txt", "evaluations.json")
"""The files of a run with its scores."""
PREDICTIONS = "predictions.csv"
CONFUSION = "confusion_matrix.csv"
REPORT = "report.html"
CARD = "model_card.md"
OF_THE_END = (PREDICTIONS, CONFUSION, REPORT, CARD)
"""The files that a run writes when it has been trained."""
DEV_ROWS = "dev_rows.csv"
"""The file that lists the rows which a run has set aside."""


class RunDirectory:
    """A run's files, each written atomically and readable by people.

        config.toml          the resolved settings: `kbert train --config` runs them again
        run.json             status, versions, backend, data fingerprint, plan, times
        learning_rate.csv    the rate, the loss and the gradient norm of every step
        evaluations.json     the scores of every evaluation, with a table by class
        baselines.json       the scores of linear models, which fine-tuning has to beat
        eval_results.txt     the best scores, as Google's run_classifier writes them
        predictions.csv      what the best model predicts for each row that was evaluated
        confusion_matrix.csv which classes it mistakes for which
        report.html          all of this on one page, to look at
        trackers.json        what identifies the run in W&B and MLflow
        tensorboard/         what TensorBoard shows
        model_card.md        what the model is, in the format of Hugging Face
        skipped_rows.csv     the rows left out by `on_bad_row="skip"`
        dev_rows.csv         the numbers of the rows that were set aside
        checkpoints/         what `resume` starts from, see CheckpointStore
        model/               the best model: config.json, vocab.txt, model.safetensors

    Args:
        path: str or Path. The directory.

    Example:

    ```python
    run = RunDirectory.create("runs/a")
    run.update(status="finished")
    assert run.record["status"] == "finished"
    ```
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @classmethod
    def create(cls, path: str | Path, *, exist_ok: bool = True) -> "RunDirectory":
        """Create the directory.

        Args:
            path: str or Path.
            exist_ok: bool. Whether it may exist if it is empty. Defaults to True.

        Raises:
            FileExistsError: it exists, and `exist_ok` is False.
            InputError: `path` exists, or is not a possible name.
            MachineError: the disk is full or read-only, or a permission is missing.
        """
        run = cls(path)
        if exist_ok:
            check_free(path)
        try:
            run.path.mkdir(parents=True, exist_ok=exist_ok)
        except OSError as error:
            if not exist_ok and os.path.lexists(run.path):
                raise
            raise file_error(
                "{path} cannot be created: {reason}.", of=error, path=run.path
            ) from error
        return run

    @property
    def model_folder(self) -> Path:
        """The folder of the model."""
        return self.path / "model"

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoints."""
        return self.path / "checkpoints"

    @property
    def record(self) -> dict[str, Any]:
        """The contents of run.json; empty without one.

        Raises:
            InputError: it is not what kbert has written.
        """
        file = self.path / "run.json"
        if not file.exists():
            return {}
        record = read_record(file)
        plan = record.get("plan", {})
        if "accumulation" in plan:  # as kbert 0.1 called it
            plan["gradient_accumulation_steps"] = plan.pop("accumulation")
        return record

    @property
    def split_version(self) -> int:
        """The version of how the run has set rows aside; 1 for kbert 0.1, which records none."""
        record = self.record
        return int(record.get("split_version", 1)) if record else SPLIT_VERSION

    @property
    def order_version(self) -> int:
        """The version of the order of the run's training data; 1 where it is not recorded."""
        return int(self.record.get("order_version", 1))

    @property
    def readable_record(self) -> dict[str, Any]:
        """The contents of run.json, empty where they cannot be read: for optional information."""
        try:
            return self.record
        except (KbertError, OSError):
            return {}

    def best_scores(self) -> dict[str, Any] | None:
        """Return the best evaluation's scores on its first set, if there are any."""
        try:
            record = json.loads((self.path / "evaluations.json").read_text(encoding="utf-8"))
            best = EvaluationHistory.from_dict(record).best
        except (OSError, ValueError):
            return None
        if best is None:
            return None
        name, evaluation = next(iter(best.scores.items()))
        return {
            "set": name,
            "rows": evaluation.rows,
            **{score: getattr(evaluation, score) for score in evaluation.monitors},
        }

    def update(self, **values: Any) -> None:
        """Update values of run.json."""
        merged = {**self.record, **values}
        text = json.dumps(merged, indent=2, ensure_ascii=False)
        if not is_utf8(text):  # such as the name of the folder that it was started in
            text = json.dumps(merged, indent=2)
        write_text(self.path / "run.json", text + "\n")

    def try_to_update(self, **values: Any) -> None:
        """Update run.json if possible, without masking the error that is about to be raised."""
        with contextlib.suppress(OSError, KbertError):
            if self.path.is_dir():
                self.update(**values)

    def write_config(self, toml: str) -> None:
        """Write the resolved settings."""
        write_text(self.path / "config.toml", toml)

    def clean(self) -> None:
        """Remove what a killed process has left half written."""
        for folder in (self.path, self.model_folder, self.checkpoints):
            remove_temporary(folder)

    def remove_model(self) -> None:
        """Remove the model, in one step."""
        if self.model_folder.exists():
            hidden = self.path / f".model-{secrets.token_hex(8)}.new"  # which `clean` removes
            os.replace(self.model_folder, hidden)
            shutil.rmtree(hidden, ignore_errors=True)

    def remove_evaluations(self) -> None:
        """Remove the scores of a run that resumes from before its first evaluation."""
        for name in TABLES:
            (self.path / name).unlink(missing_ok=True)

    def remove_ends(self) -> None:
        """Remove what was written at the end of training."""
        for name in OF_THE_END:
            (self.path / name).unlink(missing_ok=True)

    def write_skipped(self, rows: Iterable[BadRow]) -> None:
        """Write the rows that were left out, if there are any."""
        rows = list(rows)
        if not rows:
            return
        header = ["file", "row", "line", "reason", "content"]
        with in_english():
            reasons = [row.reason for row in rows]
        cells = (
            [row.source, row.number, row.line or "", reason, row.content.replace("\0", "\\0")]
            for row, reason in zip(rows, reasons, strict=True)
        )
        write_text(self.path / "skipped_rows.csv", csv_text([header, *cells]))

    def __str__(self) -> str:
        return str(self.path)


def check_free(path: str | Path) -> None:
    """Raise InputError when there is something at `path` that a run would overwrite."""
    path = Path(path)
    if is_beginning(path):
        return
    if os.path.lexists(path):
        raise InputError(
            "{path} already contains a run; kbert never overwrites files."
            if has_record(path)
            else "{path} already exists; kbert never overwrites files.",
            path=path,
            cure=Cure({"output": str(next_free(path.parent, path.name or "run"))})
            if path.is_dir()
            else Cure(note="name a new folder with {option}", values={"option": Option("output")}),
        )


def next_free(folder: str | Path, name: str) -> Path:
    """Return the first of folder/name-1, folder/name-2, ... that does not exist."""
    return next(
        path for n in itertools.count(1) if not (path := Path(folder) / f"{name}-{n}").exists()
    )
