"""The curves of runs, as on their pages."""

from collections.abc import Callable, Sequence

import numpy as np

from kbert.errors import InputError
from kbert.findings import Message, worded
from kbert.plans.training_plan import TrainingPlan
from kbert.plots.a_run import AnyRun, is_run, logs_of, opened
from kbert.reports.curves import (
    losses_chart,
    norms_chart,
    rates_chart,
    ratios_chart,
    scores_chart,
)
from kbert.reports.lengths_chart import lengths_chart
from kbert.reports.svg import Svg, stacked
from kbert.reports.training_log import TrainingLog
from kbert.results.length_histogram import LengthHistogram
from kbert.runs.report_of_run import lengths_of, plan_of, run_history


def learning_rate(plan_or_run: TrainingPlan | AnyRun) -> Svg:
    """Draw the planned learning rates by step; for a run, also those that were used.

    Args:
        plan_or_run: TrainingPlan, or the directory of a run.

    Raises:
        InputError: this is not a run.

    Example:

    ```python
    from kbert import TrainingPlan

    learning_rate(TrainingPlan(examples=3668, batch_size=32, epochs=3)).save("rates.svg")
    ```
    """
    if isinstance(plan_or_run, TrainingPlan):
        drawn = rates_chart(TrainingLog.empty(), plan_or_run)
        assert drawn is not None
        return drawn
    run = opened(plan_or_run)
    (log,) = logs_of((run,)).values()
    return _known(rates_chart(log, plan_of(run.record)), run, Message("no step"))


def losses(*runs: AnyRun) -> Svg:
    """Draw the loss of each step of one or more runs.

    Args:
        *runs: directories of runs.

    Raises:
        InputError: one is not a run, or none has trained.
    """
    return _of_steps(losses_chart, runs)


def gradient_norms(*runs: AnyRun) -> Svg:
    """Draw the norm of the gradients of each update, before clipping.

    Args:
        *runs: directories of runs.

    Raises:
        InputError: one is not a run, or the norms are not known, as for runs of kbert 0.1.
    """
    return _of_steps(norms_chart, runs)


def update_ratios(*runs: AnyRun) -> Svg:
    """Draw how much each checked update changed the weights, as a share of their norm.

    Args:
        *runs: directories of runs.

    Raises:
        InputError: one is not a run, or the shares are not known, as for runs of kbert 0.1.
    """
    return _of_steps(ratios_chart, runs)


def scores(run: AnyRun) -> Svg:
    """Draw the score by which a run is judged, at each of its evaluations.

    Args:
        run: directory of a run.

    Raises:
        InputError: this is not a run, or nothing was evaluated.
    """
    directory = opened(run)
    return _known(scores_chart(run_history(directory)), directory, Message("no evaluation"))


def training(run: AnyRun) -> Svg:
    """Draw the training of a run: scores, rates, losses, gradient norms and update ratios.

    Args:
        run: directory of a run.

    Raises:
        InputError: this is not a run, or it has not trained.
    """
    directory = opened(run)
    logs = logs_of((directory,))
    (log,) = logs.values()
    drawn = (
        scores_chart(run_history(directory)),
        rates_chart(log, plan_of(directory.record)),
        losses_chart(logs),
        norms_chart(logs),
        ratios_chart(logs),
    )
    known = [drawing for drawing in drawn if drawing is not None]
    return _known(
        stacked(known, worded("Training")) if known else None, directory, Message("no step")
    )


def lengths(
    lengths_or_run: Sequence[int] | np.ndarray | AnyRun, max_length: int | None = None
) -> Svg:
    """Draw how many texts have how many tokens, and how many tokens are read.

    Args:
        lengths_or_run: int array, the number of tokens of each text; or the directory of a run.
        max_length: int or None. The most tokens that are read of a text. Defaults to None: all, or
            what the run has recorded.

    Raises:
        InputError: this is not a run, or it has not recorded the lengths; or the lengths are not
            numbers of tokens.

    Example:

    ```python
    lengths([12, 30, 31, 200], max_length=128).save("lengths.svg")
    ```
    """
    if is_run(lengths_or_run):
        run = opened(lengths_or_run)
        drawn = [lengths_chart(one, name) for name, one in lengths_of(run.record).items()]
        return _known(
            stacked(drawn, worded("Lengths")) if drawn else None,
            run,
            Message("no lengths of texts"),
        )
    counts = np.asarray(lengths_or_run)
    if counts.ndim != 1 or not len(counts) or counts.dtype.kind not in "iu" or counts.min() < 0:
        raise InputError(
            "Lengths are whole numbers of tokens, one for each text. Received: {received!r}",
            received=lengths_or_run,
        )
    most = max(int(counts.max()), 1) if max_length is None else max_length
    return lengths_chart(LengthHistogram.of(counts, most), worded("texts"))


def _of_steps(
    draw: Callable[[dict[str, TrainingLog]], Svg | None], runs: tuple[AnyRun, ...]
) -> Svg:
    if not runs:
        raise InputError("Pass the directory of a run.")
    return _known(
        draw(logs_of(runs)), runs[0], Message("nothing about its steps that can be drawn")
    )


def _known(drawing: Svg | None, run: AnyRun, lacking: Message) -> Svg:
    if drawing is None:
        raise InputError("{run} records {lacking}.", run=run, lacking=lacking)
    return drawing
