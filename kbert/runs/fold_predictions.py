"""What the model of each fold predicts for the rows that it was not trained on."""

import csv
import io
from collections.abc import Sequence

import numpy as np

from kbert.data.reading.examples import Examples
from kbert.errors import InputError
from kbert.findings import Cure
from kbert.interop.sources import find_source
from kbert.results.scores import Scores
from kbert.runs.read_sets import read_sets
from kbert.runs.recorded_split import RecordedSplit
from kbert.runs.run_config import run_config
from kbert.runs.run_directory import RunDirectory
from kbert.targets.target import Target
from kbert.utils.files import write_text
from kbert.utils.float_cells import float_cell
from kbert.utils.label_names import HALF_CHARACTER

PREDICTIONS = "dev_predictions.csv"
OUT_OF_FOLD = "out_of_fold.csv"


def predict_fold(fold: RunDirectory, batch_size: int = 32) -> None:
    """Write what the best model of a fold predicts for its development set."""
    from kbert.serving.predictor import Predictor

    config = run_config(fold)
    dev = read_sets(config, split=RecordedSplit.of(fold))[1]["dev"]
    recorded = fold.record["data"]["dev"]["sha256"]
    if dev.fingerprint != recorded:
        raise InputError(
            "{source} has changed since {run} was trained.",
            source=config.data,
            run=fold,
            cure=Cure(note="restore the file"),
        )
    predictor = Predictor.load(fold.path, backend=fold.record.get("backend"))
    outputs = predictor.predict_proba(dev.texts, dev.pairs, batch_size)
    text = _table(dev, outputs, predictor.labels, predictor.target)
    write_text(fold.path / PREDICTIONS, text)


def _table(dev: Examples, outputs: np.ndarray, names: Sequence[str], target: Target) -> str:
    """Return what a row says and what the model does; of one class also the likeliest."""
    assert dev.y is not None
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    place = ["row", "file", "row_in_file"] if dev.files else ["row"]
    weight = [] if dev.weights is None else ["weight"]
    true = ["label", "predicted"] if target.takes_names else _true_columns(names)
    word = "predicted" if target.activation == "linear" else "p"
    table.writerow([*place, *true, *weight, *(f"{word}({name})" for name in names)])
    for at, (label, of_row) in enumerate(zip(dev.y, outputs, strict=True)):
        number = dev.number(at)
        where = [number, *dev.file_and_row(number)] if dev.files else [number]
        weight = [] if dev.weights is None else [float_cell(dev.weights[at])]
        is_class = target.takes_names
        true = [names[label], names[int(of_row.argmax())]] if is_class else _cells(label)
        table.writerow([*where, *true, *weight, *_cells(of_row)])
    return HALF_CHARACTER.sub("\ufffd", text.getvalue())


def _true_columns(names: Sequence[str]) -> list[str]:
    return [f"true({name})" for name in names]


def _cells(numbers: np.ndarray) -> list[str]:
    return [float_cell(number) for number in numbers]


def join_predictions(run: RunDirectory, folds: list[RunDirectory]) -> Scores:
    """Write the predictions of all folds in the order of the rows, and return their scores."""
    rows: list[list[str]] = []
    header: list[str] = []
    for number, fold in enumerate(folds, start=1):
        with (fold.path / PREDICTIONS).open(encoding="utf-8", newline="") as file:
            table = csv.reader(file)
            header = next(table)
            rows += [[line[0], str(number), *line[1:]] for line in table]
    rows.sort(key=lambda row: int(row[0]))
    header = [header[0], "fold", *header[1:]]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    write_text(run.path / OUT_OF_FOLD, text.getvalue())
    return _scores(header, rows, folds[0].record["labels"], fold_target(folds))


def fold_target(folds: list[RunDirectory]) -> Target:
    """Return the target of the first fold's model."""
    return find_source(folds[0].path).target()


def _scores(header: list[str], rows: list[list[str]], names: list[str], target: Target) -> Scores:
    """Return the scores of all rows together, each predicted by a model that has not seen it."""
    outputs = np.array([row[-len(names) :] for row in rows], np.float64)
    if target.takes_names:
        ids = {name: at for at, name in enumerate(names)}
        y = np.array([ids[row[header.index("label")]] for row in rows])
    else:
        places = [header.index(column) for column in _true_columns(names)]
        y = np.array([[row[at] for at in places] for row in rows], np.float64)
        target = type(target)().fitted(y)  # of all rows, and of no fold
    weights = None
    if "weight" in header[: -len(names)]:
        weights = np.array([row[header.index("weight")] for row in rows], np.float64)
    return target.scores(target.raw(outputs), y, names, weights)
