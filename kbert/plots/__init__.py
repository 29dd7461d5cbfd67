"""Plots of plans, runs and predictions.

Most are the drawings of a run's page. A notebook displays them by itself, they can be saved, and
they need no other package. `plot_plan`, `plot_steps` and `plot_shuffle_buffers` draw with
matplotlib.
"""

from kbert.plots.of_predictions import confusion_matrix, reliability
from kbert.plots.of_runs import (
    gradient_norms,
    learning_rate,
    lengths,
    losses,
    scores,
    training,
    update_ratios,
)
from kbert.plots.of_searches import rate_search
from kbert.plots.with_matplotlib import plot_plan, plot_shuffle_buffers, plot_steps, save_plot

__all__ = [
    "confusion_matrix",
    "gradient_norms",
    "learning_rate",
    "lengths",
    "losses",
    "plot_plan",
    "plot_shuffle_buffers",
    "plot_steps",
    "rate_search",
    "reliability",
    "save_plot",
    "scores",
    "training",
    "update_ratios",
]
