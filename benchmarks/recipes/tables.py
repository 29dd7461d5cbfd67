"""The tables of docs/recipes.md."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.recipes.data_sets import SETS
from benchmarks.recipes.plan import beside_none, by_key, screened, survivors
from benchmarks.recipes.results import Result
from benchmarks.recipes.runs import key
from benchmarks.recipes.settings import (
    FEW,
    FEW_SETS,
    RECOMMENDED,
    SCREENED_ON,
    SEEDS,
    TECHNIQUES,
    TRAINER,
    Setting,
)
from kbert.results.paired_seeds import PairedSeeds

# With this many classes, a new head learns little in two epochs, which dominates the average.
MOST_CLASSES = "banking77"
_AVERAGED = [one.name for one in SETS if one.in_average]


class Scores:
    """The scores of all runs, by setting, data set and seed.

    Args:
        results: sequence of Result.
    """

    def __init__(self, results: Sequence[Result]) -> None:
        self._found = by_key(results)

    def of(
        self, setting: Setting, data_set: str, rows: int | None = None, **which: Any
    ) -> dict[int, float]:
        """Return the test score of each seed; `which` is passed to `Result.score`."""
        found = self.runs(setting, data_set, rows)
        return {seed: result.score(**which) for seed, result in found.items()}

    def runs(self, setting: Setting, data_set: str, rows: int | None = None) -> dict[int, Result]:
        """Return the run of each seed."""
        keys = {seed: key(data_set, rows, setting, seed) for seed in SEEDS}
        return {seed: self._found[one] for seed, one in keys.items() if one in self._found}

    def averages(
        self, setting: Setting, names: Sequence[str] = _AVERAGED, **which: Any
    ) -> dict[int, float]:
        """Return, for each seed, the average over data sets, by default those that count.

        A seed that is missing in one of them has no average.
        """
        return average([self.of(setting, name, **which) for name in names])

    def few(self, setting: Setting) -> dict[int, float]:
        """Return, for each seed, the average over the data sets with few rows."""
        cells = [self.of(setting, name, rows, last=True) for name, rows in FEW_SETS]
        return average(cells)

    def time(self, setting: Setting) -> float | None:
        """Return the time relative to the Trainer's: the median ratio over data sets and seeds."""
        ratios = []
        for name in _AVERAGED:
            ours, theirs = self.runs(setting, name), self.runs(TRAINER, name)
            ratios += [ours[s].cpu_seconds / theirs[s].cpu_seconds for s in ours.keys() & theirs]
        return statistics.median(ratios) if ratios else None

    def minutes(self, setting: Setting, sets: Sequence[tuple[str, int | None]]) -> float | None:
        """Return the CPU minutes of a run, averaged over data sets; None if one has no runs."""
        each = [self.runs(setting, *one).values() for one in sets]
        if not all(each):
            return None
        return statistics.mean(statistics.mean(r.cpu_seconds for r in runs) for runs in each) / 60


def average(each: Sequence[Mapping[int, float]]) -> dict[int, float]:
    """Return the average score by seed, for the seeds that all of them have."""
    whole = [seed for seed in SEEDS if all(seed in one for one in each)]
    return {seed: statistics.mean(one[seed] for one in each) for seed in whole}


def main_table(scores: Scores, settings: Sequence[Setting]) -> Iterator[str]:
    """Yield the test scores of settings on all data sets, and their average."""
    names = [one.name for one in SETS]
    yield f"| setting | {' | '.join(names)} | average | time | minutes |"
    yield "|---" * (len(names) + 4) + "|"
    for setting in settings:
        if not any(scores.of(setting, name) for name in names):
            continue
        cells = [_mean(scores.of(setting, name)) for name in names]
        time = scores.time(setting)
        cells += [_mean(scores.averages(setting)), "" if time is None else f"{time:.2f}"]
        cells.append(_minutes(scores.minutes(setting, [(name, None) for name in _AVERAGED])))
        yield f"| {setting.name} | {' | '.join(cells)} |"


def paired_table(scores: Scores, setting: Setting, other: Setting) -> Iterator[str]:
    """Yield the tests over seeds of a setting against another, on each set and on average."""
    yield "| data set | difference | 95% interval | p | seeds higher, lower |"
    yield "|---|---|---|---|---|"
    for name in (one.name for one in SETS):
        yield _test(name, scores.of(other, name), scores.of(setting, name))
    for name in (one.name for one in SETS if one.score != "accuracy"):
        by_accuracy = (scores.of(one, name, by="accuracy") for one in (other, setting))
        yield _test(f"{name}, by accuracy", *by_accuracy)
    without = [name for name in _AVERAGED if name != MOST_CLASSES]
    for told, which in (
        ("average", {}),
        (f"average without {MOST_CLASSES}", {"names": without}),
        ("average, all by accuracy", {"by": "accuracy"}),
        (f"average without {MOST_CLASSES}, all by accuracy", {"names": without, "by": "accuracy"}),
    ):
        yield _test(told, scores.averages(other, **which), scores.averages(setting, **which))


def beside_table(scores: Scores, settings: Sequence[Setting], other: Setting) -> Iterator[str]:
    """Yield the tests over seeds of settings against another, on average."""
    yield "| setting | difference | 95% interval | p | seeds higher, lower |"
    yield "|---|---|---|---|---|"
    for setting in settings:
        if scores.averages(setting):
            yield _test(setting.name, scores.averages(other), scores.averages(setting))


def screening_table(scores: Scores, found: Sequence[Result]) -> Iterator[str]:
    """Yield the dev scores that decide which techniques are tried on all sets."""
    yield f"| technique | flags | {' | '.join(SCREENED_ON)} | mean | to the default | p | time |"
    yield "|---" * (len(SCREENED_ON) + 6) + "|"
    kept = survivors(found)
    for setting in (RECOMMENDED, *TECHNIQUES):
        means, test = screened(setting, found), beside_none(setting, found)
        if means is None or test is None or test.mean is None:
            continue  # not yet run on all sets with all seeds
        each = [_mean(scores.of(setting, name, part="dev")) for name in SCREENED_ON]
        beside = ["", ""]
        if setting is not RECOMMENDED:
            beside = [f"{100 * test.mean:+.2f}", _p(test.p)]
        name = f"**{setting.name}**" if setting in kept else setting.name
        flags = f"`{' '.join(setting.command)}`" if setting.flags else "the defaults"
        cells = [name, flags, *each, _mean(means), *beside, _times(scores, setting)]
        yield f"| {' | '.join(cells)} |"


def few_table(scores: Scores) -> Iterator[str]:
    """Yield the test scores with few rows of each class, compared with setfit."""
    yield "| data set | rows a class | " + " | ".join(f"{s.name}" for s in FEW) + " |"
    yield "|---" * (len(FEW) + 2) + "|"
    for name, rows in FEW_SETS:
        cells = [_mean(scores.of(setting, name, rows, last=True)) for setting in FEW]
        if any(cells):
            yield f"| {name} | {rows} | {' | '.join(cells)} |"
    averages = [_mean(scores.few(setting)) for setting in FEW]
    minutes = [_minutes(scores.minutes(setting, FEW_SETS)) for setting in FEW]
    if any(averages):
        yield f"| average | | {' | '.join(averages)} |"
        yield f"| minutes | | {' | '.join(minutes)} |"


def few_paired_table(scores: Scores, setting: Setting, other: Setting) -> Iterator[str]:
    """Yield the tests over seeds of two settings with few rows of each class."""
    yield "| data set | rows a class | difference | 95% interval | p | seeds higher, lower |"
    yield "|---|---|---|---|---|---|"
    for name, rows in FEW_SETS:
        first, second = (scores.of(one, name, rows, last=True) for one in (other, setting))
        if first and second:
            yield _test(f"{name} | {rows}", first, second)
    if scores.few(setting) and scores.few(other):
        yield _test("average | ", scores.few(other), scores.few(setting))


def _mean(values: Mapping[int, float]) -> str:
    if not values:
        return ""
    told = f"{100 * statistics.mean(values.values()):.2f}"
    if len(values) > 1:
        told += f" ± {100 * statistics.stdev(values.values()):.2f}"
    return told if len(values) == len(SEEDS) else f"{told} ({len(values)})"


def _minutes(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _p(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if value >= 0.0001 else "< 0.0001"


def _times(scores: Scores, setting: Setting) -> str:
    ratios = []
    for name in SCREENED_ON:
        ours, base = scores.runs(setting, name), scores.runs(RECOMMENDED, name)
        ratios += [ours[s].cpu_seconds / base[s].cpu_seconds for s in ours.keys() & base.keys()]
    return f"{statistics.median(ratios):.2f}"


def _test(name: str, first: Mapping[int, float], second: Mapping[int, float]) -> str:
    found = PairedSeeds.of(first, second)
    if found.mean is None:
        return f"| {name} | | | | |"
    interval = ""
    if found.interval is not None:
        interval = f"{100 * found.interval.low:+.2f} to {100 * found.interval.high:+.2f}"
    seeds = f"{found.higher}, {found.lower}"
    cells = [name, f"{100 * found.mean:+.2f}", interval, _p(found.p), seeds]
    return f"| {' | '.join(cells)} |"
