"""Which runs there are, which of them are missing, and how long the missing ones take."""

import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.recipes.data_sets import SETS, DataSet, write
from benchmarks.recipes.results import Result
from benchmarks.recipes.runs import Run, key
from benchmarks.recipes.settings import (
    FEW,
    FEW_SETS,
    MAIN,
    RECIPES,
    RECOMMENDED,
    SCREENED_ON,
    SEEDS,
    TECHNIQUES,
    Setting,
)
from kbert.results.paired_seeds import PairedSeeds

STAGES = ("main", "recipes", "screen", "survivors", "few")
_CHANCE = 0.05  # a p-value below it is not put down to chance
Rows = tuple[str, int | None]  # a data set's name, and its rows per class


def planned(stage: str, found: Sequence[Result]) -> list[Run]:
    """Return the runs of a stage in order: all runs of a seed before those of the next."""
    if stage == "few":
        return [
            Run(_set(name), setting, seed, rows)
            for seed in SEEDS
            for name, rows in FEW_SETS
            for setting in FEW
        ]
    settings = {
        "main": MAIN,
        "recipes": RECIPES,
        "screen": TECHNIQUES,
        "survivors": survivors(found),
    }[stage]
    sets = [one for one in SETS if stage != "screen" or one.name in SCREENED_ON]
    return [
        Run(one, setting, seed)
        for seed in SEEDS
        for one in sets
        for setting in settings
        if one.is_pretrained or "learning_rate" not in setting.flags  # of no use to a new model
    ]


def _set(name: str) -> DataSet:
    return next(one for one in SETS if one.name == name)


def survivors(found: Sequence[Result]) -> list[Setting]:
    """Return the screened techniques that are better than none by more than chance.

    That is: their mean dev score is higher, with a p below 0.05 in a paired t test over the seeds.
    """
    return [setting for setting in TECHNIQUES if _is_better(beside_none(setting, found))]


def beside_none(setting: Setting, found: Sequence[Result]) -> PairedSeeds | None:
    """Return the test of a technique against none; None if a run of either is missing."""
    base, own = screened(RECOMMENDED, found), screened(setting, found)
    return None if base is None or own is None else PairedSeeds.of(base, own)


def screened(setting: Setting, found: Sequence[Result]) -> dict[int, float] | None:
    """Return, for each seed, the mean dev score over the data sets used for screening.

    It is None if a run is missing.
    """
    keyed = by_key(found)
    keys = {s: [key(name, None, setting, s) for name in SCREENED_ON] for s in SEEDS}
    if not all(keyed.keys() >= set(of_seed) for of_seed in keys.values()):
        return None
    return {
        s: statistics.mean(keyed[one].score("dev") for one in of_seed)
        for s, of_seed in keys.items()
    }


def _is_better(test: PairedSeeds | None) -> bool:
    return bool(test and test.mean and test.mean > 0 and test.p is not None and test.p < _CHANCE)


def by_key(found: Iterable[Result]) -> dict[str, Result]:
    """Return the results by the key of their runs; for a repeated run, the last result."""
    return {key(r.data_set, r.rows_per_class, r, r.seed): r for r in found}


def missing(
    runs: Iterable[Run], found: Iterable[Result], digests: Mapping[Rows, str] | None = None
) -> list[Run]:
    """Return the runs that have no result.

    Args:
        runs: iterable of Run.
        found: iterable of Result.
        digests: dict or None. The digests of the current files, by data set and rows per class: a
            result of other files does not count.
    """
    made = by_key(
        one
        for one in found
        if digests is None or digests.get((one.data_set, one.rows_per_class)) == one.data
    )
    return [run for run in runs if run.key not in made]


def digests(runs: Iterable[Run], data: Path) -> dict[Rows, str]:
    """Return the digests of the files of runs, by data set and rows per class."""
    files: dict[Rows, str] = {}
    for run in runs:
        rows = (run.data_set.name, run.rows_per_class)
        if rows not in files:
            with tempfile.TemporaryDirectory() as folder:
                files[rows] = write(run.data_set, data, Path(folder), run.rows_per_class).digest
    return files


def hours(runs: Sequence[Run], found: Sequence[Result], jobs: int = 1) -> float | None:
    """Return the hours for runs, `jobs` at once, estimated from past results; None without any."""
    if not found:
        return None
    seconds = defaultdict(list)
    for result in found:
        for name in (result.data_set, result.tool), None:
            seconds[name].append(result.seconds)
    usual = {name: statistics.median(all_) for name, all_ in seconds.items()}
    return (
        sum(usual.get((r.data_set.name, r.setting.tool), usual[None]) for r in runs) / 3600 / jobs
    )
