"""Runs that differ in nothing but the seed, and their settings compared over the seeds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kbert.reports.run_facts import RunFacts, differing, told
from kbert.results.fold_scores import FoldScore
from kbert.results.holm import holm
from kbert.results.paired_seeds import PairedSeeds
from kbert.utils.wording import name_list

_MOST_NAMED = 4


@dataclass(frozen=True)
class SeedGroup:
    """Runs that differ in nothing but the seed.

    Args:
        runs: tuple of str. Their names.
        scores: dict of float by seed; the mean if several runs have the same seed.
        differs: dict. What is not the same in all groups, by name.
        test: PairedSeeds or None. Against the first group, seed by seed; None for the first itself.
        p_holm: float or None. The p-value of the t test, corrected for the number of groups.
    """

    runs: tuple[str, ...]
    scores: Mapping[int, float]
    differs: Mapping[str, Any]
    test: PairedSeeds | None = None
    p_holm: float | None = None

    @property
    def name(self) -> str:
        """What sets the group apart from the others; the first of its runs if nothing does."""
        parts = (f"{name} {told(name, value)}" for name, value in self.differs.items())
        return str(name_list(parts, _MOST_NAMED)) or self.runs[0]

    @property
    def mean(self) -> float:
        """The mean score of the seeds."""
        return FoldScore.of(list(self.scores.values())).mean

    @property
    def deviation(self) -> float | None:
        """The sample standard deviation over the seeds; None if there is only one."""
        found = FoldScore.of(list(self.scores.values())).deviation
        return None if math.isnan(found) else found

    def to_dict(self) -> dict[str, Any]:
        """Return the group as plain data."""
        test = None
        if self.test is not None:
            reason = self.test.untested
            found = {**asdict(self.test), "mean": self.test.mean, "p_holm": self.p_holm}
            test = {**found, "untested": reason}
        return {
            "runs": list(self.runs),
            "differs": dict(self.differs),
            "scores": {str(seed): score for seed, score in self.scores.items()},
            "mean": self.mean,
            "deviation": self.deviation,
            "against_first": test,
        }


def seed_groups(
    runs: Sequence[tuple[str, float]], facts: Sequence[RunFacts]
) -> tuple[SeedGroup, ...]:
    """Return groups of runs that differ in nothing but the seed, the group of the first run first.

    Args:
        runs: sequence of the name and the score of each run.
        facts: sequence of RunFacts, those of the runs.

    Returns:
        A tuple of SeedGroup; () if no two runs differ only in the seed.
    """
    grouped: list[tuple[dict[str, dict[str, Any]], list[int]]] = []
    for at, one in enumerate(facts):
        if one.seed is None or not math.isfinite(runs[at][1]):
            continue
        own = one.apart_from_seed
        members = next((members for known, members in grouped if known == own), None)
        if members is None:
            grouped.append((own, [at]))
        else:
            members.append(at)
    scores = [_by_seed([(facts[at].seed, runs[at][1]) for at in at_all]) for _, at_all in grouped]
    if max(map(len, scores), default=0) < 2:
        return ()
    parts = differing([known for known, _ in grouped])
    names = {name: values for part in parts.values() for name, values in part.items()}
    tests = [PairedSeeds.of(scores[0], other) for other in scores[1:]]
    tested = [number for number, test in enumerate(tests) if test.p is not None]
    corrected = dict(zip(tested, holm([tests[n].p or 0.0 for n in tested]), strict=True))
    return tuple(
        SeedGroup(
            runs=tuple(runs[at][0] for at in members),
            scores=scores[number],
            differs={name: values[number] for name, values in names.items()},
            test=tests[number - 1] if number else None,
            p_holm=corrected.get(number - 1),
        )
        for number, (_, members) in enumerate(grouped)
    )


def _by_seed(scored: Sequence[tuple[Any, float]]) -> dict[int, float]:
    """Return the mean score of each seed."""
    seeds = sorted({seed for seed, _ in scored})
    of = {seed: [score for own, score in scored if own == seed] for seed in seeds}
    return {seed: math.fsum(found) / len(found) for seed, found in of.items()}
