"""How settings are compared in a sweep."""

from dataclasses import dataclass

from kbert.choices import Jobs, Prune
from kbert.config.checks import check_at_least_1
from kbert.errors import InputError
from kbert.findings import Option

MAX_SEEDS = 1000


@dataclass(frozen=True, kw_only=True)
class SweepOptions:
    """How many settings a sweep tries, how often, and on what.

    Example:

    ```python
    assert SweepOptions(seeds=5).trials is None
    ```
    """

    seeds: int = 3
    """Runs of each setting, which differ in their seed; a setting is judged by their mean."""
    trials: int | None = None
    """Settings to try, chosen by Optuna's TPE; by default all combinations of the listed values."""
    prune: Prune = "none"
    """Give up a setting whose scores after an epoch lag behind those of others: by their median, or
    by hyperband."""
    jobs: Jobs = 1
    """Runs at a time, each a process; auto takes as many as fit this machine's cores and memory."""
    budget: float | None = None
    """Minutes after which training stops; the sweep can be resumed."""
    ray: str | None = None
    """Train on a Ray cluster: its HOST:PORT, auto for the one that runs here, local for a new
    one."""
    retrain: bool = True
    """When all settings are compared, train the best once more, with a seed of its own."""

    def __post_init__(self) -> None:
        if not 1 <= self.seeds <= MAX_SEEDS:
            raise InputError(
                "{option} must be from 1 to {most}. Received: {seeds}",
                option=Option("seeds"),
                most=MAX_SEEDS,
                seeds=self.seeds,
            )
        check_at_least_1("trials", self.trials)
        if self.jobs != "auto":
            check_at_least_1("jobs", self.jobs)
        if self.budget is not None and not 0 < self.budget < float("inf"):
            raise InputError(
                "{option} must be above 0. Received: {minutes}",
                option=Option("budget"),
                minutes=self.budget,
            )
        if self.ray == "":
            raise InputError("{option} must not be empty.", option=Option("ray"))
