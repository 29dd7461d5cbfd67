"""One setting of a sweep, in a folder of its own, with a run for each seed."""

import json
import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from kbert.errors import InputError
from kbert.findings import Cure
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.scores import is_better_lower
from kbert.runs.run_directory import RunDirectory
from kbert.sweeps.sweep import Setting
from kbert.utils.files import write_text

SETTING, END = "setting.json", "end.json"
EarlyEnd = Literal["pruned", "failed"]
State = Literal["open", "complete"] | EarlyEnd
Reports = dict[int, float]
"""What a trial reports, by the number of the epoch, counted over all its seeds: the mean of the
finished seeds and of the best epoch so far of the running one."""


class Trial:
    """One setting of a sweep, whose folder has all that is known about it.

        setting.json     the values of its settings
        seed-0, ...      the run of each seed
        seed-0.log       what it has printed
        end.json         why it has ended before all its runs, if it has

    Args:
        path: Path. Its folder.
        number: int, from 0.
        seeds: range. The seeds of its runs.
    """

    def __init__(self, path: Path, number: int, seeds: range) -> None:
        self.path, self.number, self.seeds = path, number, seeds

    @classmethod
    def begin(cls, path: Path, number: int, seeds: range, setting: Setting) -> "Trial":
        """Create the folder of a trial."""
        write_text(path / SETTING, json.dumps(setting) + "\n")
        return cls(path, number, seeds)

    @cached_property
    def setting(self) -> Setting:
        """The values of its settings by name.

        Raises:
            InputError: the file is damaged.
        """
        file = self.path / SETTING
        try:
            setting = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            setting = None
        if not isinstance(setting, dict) or not all(
            isinstance(value, (int, float, str)) for value in setting.values()
        ):
            raise InputError(
                "{file} is damaged: it does not hold the settings of a trial.",
                file=file,
                cure=Cure(note="remove its folder, and the setting is trained again"),
            )
        return setting

    def run(self, seed: int) -> RunDirectory:
        """Return the run of a seed."""
        return RunDirectory(self.path / f"seed-{seed}")

    def log(self, seed: int) -> Path:
        """Return the file with the output of the run of a seed."""
        return self.path / f"seed-{seed}.log"

    @property
    def end(self) -> Mapping[str, Any]:
        """Why it has ended before all its runs; empty if it has not."""
        try:
            end = json.loads((self.path / END).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return end if isinstance(end, dict) and end.get("state") in get_args(EarlyEnd) else {}

    def end_early(self, state: EarlyEnd, reason: str, step: int | None = None) -> None:
        """Record that no further run of the trial is trained.

        Args:
            state: str.
            reason: str.
            step: int or None. The step of the last report that it was pruned by; one more may come
                before its run has stopped. Defaults to None.
        """
        end = {"state": state, "reason": reason, **({} if step is None else {"step": step})}
        text = json.dumps(end, ensure_ascii=False)
        write_text(self.path / END, text + "\n")

    @property
    def state(self) -> State:
        """Its state, as its files show it."""
        if self.end:
            return self.end["state"]
        return "complete" if len(self.scores()) == len(self.seeds) else "open"

    def scores(self) -> dict[int, float]:
        """Return the scores of the runs that have finished, by seed."""
        values = {seed: score_of(self.run(seed)) for seed in self.seeds if self.is_trained(seed)}
        return {seed: value for seed, value in values.items() if value is not None}

    def is_trained(self, seed: int) -> bool:
        """Return whether the run of a seed has finished."""
        return self.run(seed).readable_record.get("status") == "finished"

    @property
    def seconds(self) -> float:
        """How long its runs have trained, in total."""
        records = (self.run(seed).readable_record for seed in self.seeds)
        return sum(record.get("training_seconds", 0.0) for record in records)

    def reports(self, most_epochs: int) -> Reports:
        """Return what its epochs report, up to those of the first seed that has not finished."""
        found: Reports = {}
        finished: list[float] = []
        for place, seed in enumerate(self.seeds):
            for epoch, best in _epochs(self.run(seed)):
                value = (sum(finished) + best) / (len(finished) + 1)
                if not math.isnan(value):
                    found[place * most_epochs + epoch] = value
            score = score_of(self.run(seed)) if self.is_trained(seed) else None
            if score is None:
                break
            finished.append(score)
        last = self.end.get("step")
        return {s: v for s, v in found.items() if last is None or s <= last}


def score_of(run: RunDirectory) -> float | None:
    """Return the monitored score of a run's best evaluation, or None if it is not a number."""
    history = _history(run)
    if history is None or history.best is None:
        return None
    value = float(getattr(history.best.first, history.score))
    return None if math.isnan(value) else value


def monitored(run: RunDirectory) -> str:
    """Return the name of the score by which a run is judged."""
    history = _history(run)
    return "" if history is None else history.score


def _epochs(run: RunDirectory) -> Iterator[tuple[int, float]]:
    """Yield each epoch that was evaluated at its end, with the best score until then."""
    history = _history(run)
    if history is None:
        return
    better = min if is_better_lower(history.score) else max
    best: list[float] = []
    for record in history.records:
        value = float(getattr(record.first, history.score))
        best = best if math.isnan(value) else [better([*best, value])]
        if record.batch is None and best:
            yield record.epoch, best[0]


def _history(run: RunDirectory) -> EvaluationHistory | None:
    try:
        values = json.loads((run.path / "evaluations.json").read_text(encoding="utf-8"))
        return EvaluationHistory.from_dict(values)
    except (OSError, ValueError):
        return None


def trials_in(folder: Path, seeds: range) -> list[Trial]:
    """Return the trials of a sweep in their order, up to the first one that is missing."""
    found = []
    for number in range(len(list(folder.glob("trial-*")))):
        path = folder / f"trial-{number + 1}"
        if not (path / SETTING).is_file():
            break
        found.append(Trial(path, number, seeds))
    return found
