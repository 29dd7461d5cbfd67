"""What the model of each fold predicts for the rows that it was not trained on."""

import csv
import io

import numpy as np

from kbert.data.reading.examples import Examples
from kbert.errors import InputError
from kbert.findings import Cure
from kbert.results.evaluation import Evaluation
from kbert.runs.read_sets import read_sets
from kbert.runs.recorded_split import RecordedSplit
from kbert.runs.run_config import run_config
from kbert.runs.run_directory import RunDirectory
from kbert.utils.files import write_text
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
    shares = predictor.predict_proba(dev.texts, dev.pairs, batch_size)
    write_text(fold.path / PREDICTIONS, _table(dev, shares, predictor.labels))


def _table(dev: Examples, shares: np.ndarray, names: tuple[str, ...]) -> str:
    assert dev.label_ids is not None
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    place = ["row", "file", "row_in_file"] if dev.files else ["row"]
    weight = [] if dev.weights is None else ["weight"]
    table.writerow([*place, "label", "predicted", *weight, *(f"p({name})" for name in names)])
    for at, (label, of_row) in enumerate(zip(dev.label_ids, shares, strict=True)):
        number = dev.number(at)
        where = [number, *dev.file_and_row(number)] if dev.files else [number]
        weight = [] if dev.weights is None else [f"{dev.weights[at]:.9g}"]
        predicted = names[int(of_row.argmax())]
        table.writerow([*where, names[label], predicted, *weight, *(f"{p:.9g}" for p in of_row)])
    return HALF_CHARACTER.sub("\ufffd", text.getvalue())


def join_predictions(run: RunDirectory, folds: list[RunDirectory]) -> Evaluation:
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
    return _scores(header, rows, folds[0].record["labels"])


def _scores(header: list[str], rows: list[list[str]], names: list[str]) -> Evaluation:
    """Return the scores of all rows together, each predicted by a model that has not seen it."""
    ids = {name: at for at, name in enumerate(names)}
    shares = np.array([row[-len(names) :] for row in rows], np.float64)
    labels = np.array([ids[row[header.index("label")]] for row in rows])
    weights = None
    if "weight" in header[: -len(names)]:
        weights = np.array([row[header.index("weight")] for row in rows], np.float64)
    logits = np.log(np.maximum(shares, np.finfo(np.float32).tiny))
    return Evaluation.from_logits(logits, labels, names, weights)
