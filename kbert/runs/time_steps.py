"""Estimates how long a run will take, from a few timed steps."""

import time
from dataclasses import dataclass

import numpy as np

from kbert.findings import worded
from kbert.runs.build_model import build_model
from kbert.runs.prepare import PreparedRun
from kbert.runs.training_batches import training_batches
from kbert.utils.wording import duration


@dataclass(frozen=True)
class TimeEstimate:
    """The estimated time of a run.

    Args:
        compiling: float. Seconds of tracing and compiling, once per shape of batch.
        training: float. Seconds of all steps; evaluation is not included.
    """

    compiling: float
    training: float

    def __str__(self) -> str:
        return worded(
            "about {training} of training steps and {compiling} of compiling, evaluation not "
            "included",
            training=duration(self.training),
            compiling=duration(self.compiling),
        )


def time_steps(prepared: PreparedRun, steps: int = 3) -> TimeEstimate:
    """Time a few steps on the smallest and the largest batches, and return the estimate.

    The steps train a model that is thrown away. The time of a step is interpolated linearly between
    the two, by the number of tokens computed.

    Args:
        prepared: PreparedRun.
        steps: int. Steps to time on each of the two. Defaults to 3.
    """
    model = build_model(prepared)
    batches = training_batches(prepared, model)
    sample = batches.sample()
    shapes = [batches.shape(index) for index in sample]
    tokens = np.prod(shapes, axis=1)
    timed, first = {}, []
    for size in {int(tokens.min()), int(tokens.max())}:
        batch = batches[sample[int(np.flatnonzero(tokens == size)[0])]]
        seconds = []
        for _ in range(steps + 1):
            started = time.perf_counter()
            model.train_on_batch(*batch)
            seconds.append(time.perf_counter() - started)
        first.append(seconds[0] - min(seconds[1:]))
        timed[size] = float(np.median(seconds[1:]))
    per_step = np.interp(tokens, sorted(timed), [timed[size] for size in sorted(timed)])
    return TimeEstimate(
        compiling=float(np.mean(first)) * len(set(shapes)),
        training=float(per_step.sum()) * len(batches) / len(sample) * prepared.plan.epochs,
    )
