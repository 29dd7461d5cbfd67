"""Plots with matplotlib, which is imported only when one is drawn."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kbert.data.inspection.shuffle_buffer import ShuffledBatches, simulate_shuffle_buffer
from kbert.errors import InputError
from kbert.findings import worded
from kbert.plans.training_plan import TrainingPlan
from kbert.utils.file_errors import writing
from kbert.utils.missing_package import pip_install
from kbert.utils.publish import check_free
from kbert.utils.staging import publishing

_POINTS = 500
_MAX_CLASSES = 50  # drawn one by one


def plot_plan(plan: TrainingPlan, axes: Any = None) -> Any:
    """Draw a plan's learning rate by update, with the epochs marked, and return the axes.

    Args:
        plan: TrainingPlan.
        axes: matplotlib axes, or None for new ones. Defaults to None.
    """
    axes = _axes(axes)
    updates = np.unique(np.linspace(0, plan.num_updates, _POINTS).astype(np.int64))
    axes.plot(updates, plan.learning_rate_at(updates))
    for epoch in range(1, plan.epochs):
        axes.axvline(
            epoch * plan.steps_per_epoch / plan.gradient_accumulation_steps, color="0.85", zorder=0
        )
    axes.set(
        xlabel=worded("update"),
        ylabel=worded("learning rate"),
        title=worded("Learning rate; lines separate the epochs"),
    )
    return axes


def plot_steps(*runs: str | Path) -> Any:
    """Draw learning rate and loss of every step of several runs, one after the other.

    Args:
        *runs: run directories, or files that a `LearningRateLogger` has written.

    Returns:
        The figure.
    """
    figure, (upper, lower) = _pyplot().subplots(2, sharex=True, figsize=(8, 4))
    start = 0
    for run in runs:
        file = Path(run) / "learning_rate.csv" if Path(run).is_dir() else Path(run)
        with file.open(encoding="utf-8", newline="") as opened:
            rows = list(csv.DictReader(opened))
        steps = start + np.arange(len(rows))
        upper.plot(steps, [float(row["learning_rate"]) for row in rows], label=str(run))
        lower.plot(steps, [float(row["loss"] or "nan") for row in rows], linewidth=0.8)
        start += len(rows)
    upper.set(ylabel=worded("learning rate"))
    upper.legend(fontsize="small")
    lower.set(xlabel=worded("step, over all runs"), ylabel=worded("loss of the batch"))
    figure.tight_layout()
    return figure


def plot_shuffle_buffers(
    label_ids: np.ndarray,
    buffer_sizes: Sequence[int],
    batch_size: int = 32,
    names: Sequence[str] | None = None,
) -> Any:
    """Draw the classes of every batch under several shuffle buffers, with a panel for each buffer.

    Args:
        label_ids: int array [rows], in the order of the file.
        buffer_sizes: sequence of int.
        batch_size: int. Defaults to 32.
        names: the classes' names, or None for their numbers.

    Returns:
        The figure.
    """
    figure, panels = _pyplot().subplots(
        len(buffer_sizes), sharex=True, figsize=(8, 2 * len(buffer_sizes)), squeeze=False
    )
    for panel, size in zip(panels[:, 0], buffer_sizes, strict=True):
        batches = simulate_shuffle_buffer(label_ids, size, batch_size)
        _stack(panel, batches, names)
        classes = len(batches.found.totals)
        panel.set(
            title=worded(
                "shuffle buffer of {size:,}: a batch contains {found:.1f} of {classes:,} classes",
                size=size,
                found=batches.classes,
                classes=classes,
            ),
            ylabel=worded("share"),
        )
    panels[-1, 0].set_xlabel(worded("batch"))
    if classes <= 10:
        panels[0, 0].legend(loc="upper right", fontsize="small")
    figure.tight_layout()
    return figure


def save_plot(axes_or_figure: Any, path: str | Path) -> None:
    """Write a plot to a file, whose suffix determines the format, and close the plot.

    Raises:
        InputError: the file exists, or its suffix is not a format.
    """
    figure = getattr(axes_or_figure, "figure", None) or axes_or_figure
    path = Path(path)
    try:
        check_free(path, option=None)
        if path.suffix[1:].lower() not in figure.canvas.get_supported_filetypes():
            raise InputError(
                "The suffix of {path} does not identify a format. Name a file that ends in .png",
                path=path,
            )
        with writing(path), publishing(path, option=None) as new:
            figure.savefig(new, dpi=120, bbox_inches="tight")
    finally:
        _pyplot().close(figure)


def _stack(panel: Any, batches: ShuffledBatches, names: Sequence[str] | None) -> None:
    found = batches.found
    largest = np.sort(np.argsort(-found.totals, kind="stable")[:_MAX_CLASSES])
    place = np.full(len(found.totals), len(largest))  # all others together
    place[largest] = np.arange(len(largest))
    counts = np.zeros((len(largest) + 1, len(found)))
    np.add.at(counts, (place[found.classes], found.batches), found.counts)
    shown = [names[i] if names else str(i) for i in largest]
    if len(found.totals) > len(largest):
        shown.append(worded("{count:,} more", count=len(found.totals) - len(largest)))
    shares = counts[: len(shown)] / found.sizes
    panel.stackplot(np.arange(len(found)), shares, labels=shown, step="mid")
    panel.set(ylim=(0, 1), xlim=(0, max(len(found) - 1, 1)))


def _axes(axes: Any) -> Any:
    return _pyplot().subplots(figsize=(8, 3))[1] if axes is None else axes


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise InputError(
            "Plots need matplotlib, which is not installed. Install it: {install}",
            install=pip_install("matplotlib"),
        ) from None
    return plt
