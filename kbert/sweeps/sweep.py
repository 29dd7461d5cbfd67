"""What a sweep compares: settings, and the seeds of each."""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from kbert.config import SweepOptions, TrainConfig
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.results.scores import is_better_lower
from kbert.sweeps.axes import Axis, Value
from kbert.sweeps.read_axes import read_axes

Setting = dict[str, Value]
"""Values of the settings that differ among the trials of a sweep, by name."""
_MAX_SETTINGS = 10_000
# What is done once in a sweep, and not by each of its runs.
_OF_EACH_RUN: dict[str, Any] = {"baseline": "none", "report": False, "keep_checkpoints": 1}


@dataclass(frozen=True)
class Sweep:
    """What a sweep compares. A *trial* is one setting; it is run once with each seed.

    All runs set the same rows aside, so that their scores can be compared.

    Args:
        config: TrainConfig. What all runs have in common.
        texts: dict of str by the name of the setting. The values to try for the others; see
            `read_axes`.
        options: SweepOptions.

    Raises:
        InputError: a value is wrong, a setting is not for sweeps, or there is nothing to compare.
    """

    config: TrainConfig
    texts: Mapping[str, str]
    options: SweepOptions

    @classmethod
    def of(
        cls, settings: Mapping[str, Any], texts: Mapping[str, str], options: SweepOptions
    ) -> "Sweep":
        """Return the sweep of the given settings, after checking all that can be checked.

        Args:
            settings: dict. The settings of a run, including `data`.
            texts: dict of str. Settings as text; those with one value are common to all runs.
            options: SweepOptions.
        """
        single, axes = read_axes(texts)
        for name in ("folds", "fold"):
            if settings.get(name) is not None:
                raise InputError(
                    "A sweep judges settings by seeds, and not by folds: leave out {option}.",
                    option=Option(name),
                )
        every: dict[str, Any] = {**settings, **single}
        config = TrainConfig(**every)
        sweep = cls(_with_one_split(config), {n: texts[n] for n in axes}, options)
        sweep._check()
        return sweep

    @cached_property
    def axes(self) -> dict[str, Axis]:
        """What differs among the trials, by the name of the setting."""
        return read_axes(self.texts)[1]

    @property
    def seeds(self) -> range:
        """The seeds of each trial."""
        return range(self.config.seed, self.config.seed + self.options.seeds)

    @cached_property
    def grid(self) -> list[Setting] | None:
        """All combinations of the listed values, or None if there is a range."""
        listed = [axis.values for axis in self.axes.values() if axis.values is not None]
        if len(listed) < len(self.axes):
            return None
        return [dict(zip(self.axes, values, strict=True)) for values in itertools.product(*listed)]

    @property
    def is_whole_grid(self) -> bool:
        """Whether every combination is tried, so that nothing has to be chosen."""
        grid, trials = self.grid, self.options.trials
        return grid is not None and (trials is None or trials >= len(grid))

    @property
    def trials(self) -> int:
        """How many settings are tried."""
        if self.is_whole_grid:
            assert self.grid is not None
            return len(self.grid)
        assert self.options.trials is not None
        return self.options.trials

    @property
    def minimizes(self) -> bool:
        """Whether a lower score is better; it is not for the default score of any target."""
        return self.config.monitor is not None and is_better_lower(self.config.monitor)

    @property
    def most_epochs(self) -> int:
        """The most epochs of a run."""
        axis = self.axes.get("epochs")
        return self.config.epochs if axis is None else max(int(end) for end in axis.ends)

    def run_config(self, setting: Setting, seed: int, output: Path) -> TrainConfig:
        """Return the settings of a run of a trial.

        Raises:
            InputError: they contradict each other.
        """
        own: dict[str, Any] = {**_OF_EACH_RUN, **setting}
        return replace(self.config, seed=seed, output=str(output), **own)

    def final_config(self, setting: Setting, output: Path) -> TrainConfig:
        """Return the settings of the final run, whose seed no trial has used."""
        own: dict[str, Any] = dict(setting)
        return replace(self.config, seed=self.seeds.stop, output=str(output), **own)

    def to_record(self) -> dict[str, Any]:
        """Return what run.json records beside the settings that all runs have in common."""
        return {"axes": dict(self.texts), **asdict(self.options)}

    @classmethod
    def from_record(cls, config: TrainConfig, record: Mapping[str, Any]) -> "Sweep":
        """Return the sweep that `to_record` described.

        Raises:
            InputError: the record does not describe a sweep.
        """
        values = dict(record)
        try:
            texts = {str(name): str(text) for name, text in dict(values.pop("axes")).items()}
            known = {name: values[name] for name in asdict(SweepOptions()) if name in values}
            return cls(config, texts, SweepOptions(**known))
        except (KeyError, TypeError, ValueError) as error:  # InputError is a ValueError
            raise InputError(
                "These are not the settings of a sweep: {error}", error=error
            ) from None

    def _check(self) -> None:
        config = self.config
        if not (config.sets_rows_aside or config.dev or config.task):
            raise InputError(
                "A sweep compares scores on a dev set, but there is none.",
                cure=Cure({"dev": "FILE"}, otherwise=(Cure({"dev_proportion": 0.1}),)),
            )
        if not self.axes and self.options.seeds == 1:
            raise InputError(
                "There is nothing to compare. List several values of a setting, or use several "
                "seeds.",
                cure=Cure({"learning_rate": "2e-5,5e-5,1e-4"}),
            )
        if self.options.trials is None:
            self._check_grid()
        if self.options.prune != "none" and not self.axes:
            raise InputError(
                "{prune} needs several settings.", prune=Option("prune", self.options.prune)
            )
        first = {name: axis.ends[0] for name, axis in self.axes.items()}
        for name, axis in self.axes.items():
            for value in axis.ends:
                self.run_config({**first, name: value}, config.seed, Path("run"))
        for setting in self.grid or []:
            self.run_config(setting, config.seed, Path("run"))

    def _check_grid(self) -> None:
        ranges = [name for name, axis in self.axes.items() if axis.values is None]
        if ranges:
            raise InputError(
                "{option} is a range, so the number of settings to try has to be given.",
                option=Option(ranges[0], self.texts[ranges[0]]),
                cure=Cure({"trials": 20}),
            )
        size = math.prod(len(axis.values or ()) for axis in self.axes.values())
        if size > _MAX_SETTINGS:
            raise InputError(
                "These are {size:,} combinations; a sweep tries at most {most:,}.",
                size=size,
                most=_MAX_SETTINGS,
                cure=Cure({"trials": 50}, note="which chooses 50 of them"),
            )


def _with_one_split(config: TrainConfig) -> TrainConfig:
    """Return settings with which each seed sets the same rows aside."""
    is_drawn = config.sets_rows_aside and config.split_by_time is None
    return replace(config, split_seed=config.seed_of_split) if is_drawn else config


def differing(before: Sweep, now: Sweep) -> Iterator[str]:
    """Yield the settings in which two sweeps differ, so that neither can continue the other.

    A sweep can continue with more trials; how fast it is trained, and until when, does not matter.
    """
    for name in TrainConfig.hints():
        if name != "output" and getattr(before.config, name) != getattr(now.config, name):
            yield name
    for name in {**before.texts, **now.texts}:
        if before.texts.get(name) != now.texts.get(name):
            yield name
    for name in ("seeds", "prune"):
        if getattr(before.options, name) != getattr(now.options, name):
            yield name
    if (before.options.trials is None) != (now.options.trials is None):
        yield "trials"
