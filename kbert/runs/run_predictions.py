"""What a run's model predicts for the rows that it was evaluated on, kept in the run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kbert.data.reading.examples import Examples
from kbert.errors import InputError
from kbert.findings import Cure
from kbert.interop.sources import find_source
from kbert.results.confusion import confusion_table
from kbert.results.prediction_table import PredictionTable
from kbert.runs.read_sets import read_sets
from kbert.runs.recorded_split import RecordedSplit
from kbert.runs.run_config import run_config
from kbert.runs.run_directory import CONFUSION, PREDICTIONS, RunDirectory
from kbert.targets.target import Target
from kbert.utils.files import write_text

if TYPE_CHECKING:
    from kbert.callbacks.epoch_evaluation import EpochEvaluation
    from kbert.serving.predictor import Predictor


def write_predictions(
    run: RunDirectory,
    sets: Mapping[str, Examples],
    target: Target,
    outputs: Mapping[str, "np.ndarray"],
) -> None:
    """Write what a run's model predicts, in the order of the rows of each set.

    Args:
        run: RunDirectory.
        sets: dict of labelled Examples by name; with several, a column names the set of a row.
        target: Target. What a label is.
        outputs: dict of arrays [rows, labels] by set, the `outputs` of the target.
    """
    tables = [prediction_table(examples, outputs[name], target) for name, examples in sets.items()]
    if len(tables) > 1:
        tables = [t.with_place("set", name) for name, t in zip(sets, tables, strict=True)]
    PredictionTable.joined(tables).write(run.path / PREDICTIONS)
    matrix = confusion_table(tables[0])
    if matrix is not None:
        write_text(run.path / CONFUSION, matrix)


def best_logits(
    run: RunDirectory, model: Any, evaluation: "EpochEvaluation"
) -> dict[str, np.ndarray]:
    """Return the logits of a run's best model for each set, after its training.

    Args:
        run: RunDirectory.
        model: BertClassifier, which was trained. It may be given the weights of the best model.
        evaluation: EpochEvaluation.
    """
    raw = evaluation.best_outputs
    if not raw:  # the best evaluation was before the run was resumed
        from kbert.models.evaluation_set import in_row_order
        from kbert.models.lora_arrays import assign_plain

        assign_plain(model, find_source(run.model_folder).read().arrays, run)
        sets = evaluation.evaluated_sets()
        raw = {
            name: in_row_order(batches, model.predict(batches, verbose=0))
            for name, batches in sets.items()
        }
    return raw


def predict_again(run: RunDirectory, batch_size: int = 32) -> None:
    """Load a run's model, and write what it predicts.

    Raises:
        InputError: the rows that it was evaluated on have changed.
    """
    from kbert.serving.predictor import Predictor

    sets = evaluated_sets(run)
    predictor = Predictor.load(run.path, backend=run.record.get("backend"))
    outputs = {name: _predict(predictor, examples, batch_size) for name, examples in sets.items()}
    write_predictions(run, sets, predictor.target, outputs)


def _predict(predictor: "Predictor", examples: Examples, batch_size: int) -> "np.ndarray":
    return predictor.predict_proba(examples.texts, examples.pairs, batch_size)


def evaluated_sets(run: RunDirectory) -> dict[str, Examples]:
    """Return the sets that a run was evaluated on, read again.

    Raises:
        InputError: they have changed since, or cannot be read.
    """
    config = run_config(run)
    sets = read_sets(config, split=RecordedSplit.of(run))[1]
    for name, examples in sets.items():
        if examples.fingerprint != run.record["data"][name]["sha256"]:
            raise InputError(
                "{source} has changed since {run} was trained.",
                source=config.data,
                run=run,
                cure=Cure(note="restore the file"),
            )
    return sets


def prediction_table(examples: Examples, outputs: "np.ndarray", target: Target) -> PredictionTable:
    """Return a model's outputs for labelled examples, beside their labels."""
    assert examples.y is not None
    assert examples.labels is not None
    numbers = [examples.number(at) for at in range(len(examples))]
    places: dict[str, list[object]] = {"row": list(numbers)}
    if examples.files:
        files, rows = zip(*map(examples.file_and_row, numbers), strict=True)
        places |= {"file": list(files), "row_in_file": list(rows)}
    return PredictionTable(
        names=tuple(examples.labels.names),
        places=places,
        true=examples.y,
        outputs=outputs,
        weights=examples.weights,
        are_numbers=target.activation == "linear",
    )
