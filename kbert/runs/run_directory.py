"""The directory that a run leaves behind."""

import contextlib
import csv
import io
import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from kbert.choices import Monitor
from kbert.data.reading.rows import BadRow
from kbert.errors import InputError
from kbert.results.evaluation_history import EvaluationHistory
from kbert.utils.files import remove_temporary, write_text

LOCK = ".lock"  # what the name of a file begins with that tells of a process at work


class RunDirectory:
    """A run's files, each written atomically and readable by people.

        config.toml          the resolved settings: `kbert train --config` runs them again
        run.json             status, versions, backend, data fingerprint, plan, times
        learning_rate.csv    the rate and the loss of every step
        evaluations.json     the scores after each epoch, with the table by class
        eval_results.txt     the best epoch's, in the form of Google's run_classifier
        skipped_rows.csv     the rows left out under --on-bad-row skip
        checkpoints/         what `kbert resume` goes on from, see CheckpointStore
        model/               the best epoch's model: config.json, vocab.txt, model.safetensors

    Args:
        path: the directory.

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
    def create(cls, path: str | Path) -> "RunDirectory":
        """Make the directory, which must not exist, or be empty.

        Raises:
            KbertError: there is something at `path`, or it cannot be made.
        """
        check_free(path)
        run = cls(path)
        try:
            run.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                "{path} cannot be made: {strerror}.", path=path, strerror=error.strerror
            ) from None
        return run

    @property
    def model_folder(self) -> Path:
        """Where the model stands."""
        return self.path / "model"

    @property
    def checkpoints(self) -> Path:
        """Where the checkpoints stand."""
        return self.path / "checkpoints"

    @property
    def record(self) -> dict[str, Any]:
        """What run.json holds; empty without one."""
        try:
            return json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
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
            **{score: getattr(evaluation, score) for score in get_args(Monitor)},
        }

    def update(self, **values: Any) -> None:
        """Change some of what run.json holds."""
        merged = {**self.record, **values}
        write_text(self.path / "run.json", json.dumps(merged, indent=2, ensure_ascii=False) + "\n")

    def try_to_update(self, **values: Any) -> None:
        """Change run.json where that can be: something else has failed, and is to be told."""
        with contextlib.suppress(OSError):
            if self.path.is_dir():
                self.update(**values)

    def write_config(self, toml: str) -> None:
        """Write the resolved settings."""
        write_text(self.path / "config.toml", toml)

    def rewind(self, batches: int) -> None:
        """Take away what a run did after the batches that it goes on from, or left half done."""
        for folder in (self.path, self.model_folder):
            remove_temporary(folder)
        path = self.path / "learning_rate.csv"
        if path.exists():
            header, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
            write_text(path, header + "".join(rows[:batches]))

    def write_skipped(self, rows: Iterable[BadRow]) -> None:
        """Write the rows that were left out, when there are any."""
        rows = list(rows)
        if not rows:
            return
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["file", "row", "line", "reason", "content"])
        for row in rows:
            content = row.content.encode("utf-8", "replace").decode("utf-8").replace("\0", "\\0")
            table.writerow([row.source, row.number, row.line or "", row.reason, content])
        write_text(self.path / "skipped_rows.csv", text.getvalue())

    def __str__(self) -> str:
        return str(self.path)


def check_free(path: str | Path) -> None:
    """Raise KbertError when something stands at `path` that a run would overwrite."""
    path = Path(path)
    if path.is_dir() and all(file.name.startswith(LOCK) for file in path.iterdir()):
        return  # a process that was killed before it wrote anything
    if path.exists():
        what = "a run" if (path / "run.json").exists() else "something"
        raise InputError(
            "{path} already holds {what}, and kbert overwrites none. Name another directory: "
            "--output {next_free}",
            path=path,
            what=what,
            next_free=next_free(path.parent, path.name),
        )


def next_free(folder: str | Path, name: str) -> Path:
    """Return the first of folder/name-1, folder/name-2, ... that does not exist."""
    return next(
        path for n in itertools.count(1) if not (path := Path(folder) / f"{name}-{n}").exists()
    )
