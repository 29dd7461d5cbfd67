"""The steps of a run's optimizer by its batches, over all its plans."""

from typing import Any

from kbert.checkpoints.position import count

Steps = tuple[tuple[int, int], ...]
"""Pairs (batches of the run, steps of its optimizer). From each on, both grow by one at a time.
There is one pair per plan, since the optimizer continues at another step in another plan."""
FROM_THE_START: Steps = ((0, 0),)


def read_steps(value: Any) -> Steps | None:
    """Return the steps that a checkpoint has recorded; None for kbert 0.1, which recorded none.

    Raises:
        TypeError, ValueError: these are not steps.
    """
    if value is None:
        return None
    steps = tuple((count(batches), count(step)) for batches, step in value)
    if [batches for batches, _ in steps] != sorted({batches for batches, _ in steps}):
        raise ValueError("the steps are not in order")
    return steps


def continued_steps(steps: Steps | None, batches: int, step: int) -> Steps | None:
    """Return the steps of a run that resumes with this step after its first `batches` batches."""
    if steps is None:
        return None
    before = tuple(pair for pair in steps if pair[0] < batches) or FROM_THE_START
    expected = before[-1][1] + batches - before[-1][0]
    return before if step == expected else (*before, (batches, step))


def step_ranges(steps: Steps, batches: int) -> list[range]:
    """Return the step numbers of a run's first batches: one range for each of its plans."""
    ends = [*(first for first, _ in steps[1:]), batches]
    return [
        range(step, step + min(end, batches) - first)
        for (first, step), end in zip(steps, ends, strict=True)
        if first < batches
    ]
