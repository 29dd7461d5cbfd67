"""What the model of each fold predicts for the rows that it was not trained on."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kbert.interop.sources import find_source
from kbert.results.prediction_table import PredictionTable
from kbert.results.scores import Scores
from kbert.runs.run_directory import PREDICTIONS, RunDirectory
from kbert.targets.target import Target

OUT_OF_FOLD = "out_of_fold.csv"


def join_predictions(run: RunDirectory, folds: list[RunDirectory]) -> Scores:
    """Write the predictions of all folds in the order of the rows, and return their scores."""
    names = folds[0].record["labels"]
    tables = [
        _set_aside(fold, names).with_place("fold", number)
        for number, fold in enumerate(folds, start=1)
    ]
    together = PredictionTable.joined(tables)
    together = together.take(np.argsort([int(row) for row in together.places["row"]]))
    together.write(run.path / OUT_OF_FOLD)
    target = fold_target(folds)
    if not target.takes_names:
        target = type(target)().fitted(together.true)  # fitted to all rows, not to those of a fold
    return target.scores(
        target.raw(together.outputs), together.true, names, weights=together.weights
    )


def _set_aside(fold: RunDirectory, names: Sequence[str]) -> PredictionTable:
    """Return the rows that a fold has set aside, not the test set: it is the same in all folds."""
    table = PredictionTable.read(fold.path / PREDICTIONS, names).of_place("set", "dev")
    return replace(table, places={n: cells for n, cells in table.places.items() if n != "set"})


def fold_target(folds: list[RunDirectory]) -> Target:
    """Return the target of the first fold's model."""
    return find_source(folds[0].path).target()
