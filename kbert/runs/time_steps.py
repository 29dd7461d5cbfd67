"""Estimates how long a run will take, from a few timed steps."""

import time
from dataclasses import dataclass

import numpy as np

from kbert.runs.build_model import build_model
from kbert.runs.prepare import PreparedRun
from kbert.utils.wording import duration


@dataclass(frozen=True)
class TimeEstimate:
    """The estimated time of a run.

    Args:
        compiling: float. Seconds of tracing and compiling, once per width of batch.
        training: float. Seconds of all steps; evaluation is not included.
    """

    compiling: float
    training: float

    def __str__(self) -> str:
        return (
            f"about {duration(self.training)} of training steps and {duration(self.compiling)} "
            "of compiling, evaluation not included"
        )


def time_steps(prepared: PreparedRun, steps: int = 3) -> TimeEstimate:
    """Time a few steps on the narrowest and the widest batches, and return the estimate.

    The steps train a model that is thrown away. The time of a step is interpolated linearly between
    the two widths.

    Args:
        prepared: PreparedRun.
        steps: int. Steps to time at each of the two widths. Defaults to 3.
    """
    model = build_model(prepared)
    from kbert.data.batches import Batches

    plan = prepared.plan
    batches = Batches(
        prepared.stores["train"],
        plan.batch_size,
        order="shuffled",
        seed=prepared.config.seed,
        drop_remainder=plan.drop_remainder,
    )
    widths = np.array([batches.width(index) for index in range(len(batches))])
    timed, first = {}, []
    for width in {int(widths.min()), int(widths.max())}:
        batch = batches[int(np.flatnonzero(widths == width)[0])]
        seconds = []
        for _ in range(steps + 1):
            started = time.perf_counter()
            model.train_on_batch(*batch)
            seconds.append(time.perf_counter() - started)
        first.append(seconds[0] - min(seconds[1:]))
        timed[width] = float(np.median(seconds[1:]))
    per_step = np.interp(widths, sorted(timed), [timed[width] for width in sorted(timed)])
    return TimeEstimate(
        compiling=float(np.mean(first)) * len(np.unique(widths)),
        training=float(per_step.sum()) * plan.epochs,
    )
