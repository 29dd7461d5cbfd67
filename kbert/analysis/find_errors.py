"""Find the rows that a model gets most wrong."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbert.analysis.found_errors import FoundErrors
from kbert.analysis.nearest_rows import NearRow, nearest_rows
from kbert.analysis.told import told_label
from kbert.data.reading.examples import Examples
from kbert.data.shards.stored_examples import check_has_texts
from kbert.errors import InputError, KbertError
from kbert.findings import Call, Cure, worded
from kbert.results.weak_model import weak_model_note
from kbert.runs.evaluated_rows import (
    EvaluatedRows,
    folds_of,
    is_cross_validation,
    rows_of_run,
    rows_out_of_fold,
)
from kbert.runs.predicted_rows import predicted_rows
from kbert.runs.read_sets import read_sets
from kbert.runs.recorded_split import RecordedSplit
from kbert.runs.run_config import check_is_classifier, check_is_run, run_config
from kbert.runs.run_directory import RunDirectory
from kbert.runs.trained_on import trained_on
from kbert.serving.predictor import Predictor
from kbert.utils.counts import check_count
from kbert.utils.wording import count_noun

if TYPE_CHECKING:
    from kbert.models.bert_classifier import BertClassifier


def find_errors(
    model: str | Path,
    data: Examples | None = None,
    *,
    show: int = 10,
    near: int = 3,
    near_rows: int = 1000,
    batch_size: int = 32,
    backend: str | None = None,
) -> FoundErrors:
    """Return the rows that a model gets most wrong: the model errs, or their labels are wrong.

    The rows are sorted by loss. Labels that are probably wrong are found by confident learning,
    which needs probabilities from models that were not trained on the rows: for a run, those of the
    rows that it set aside; for a cross-validation, those of all rows.

    Each printed row is followed by the training rows that are most similar to it according to the
    model's encoder:

        similarity = cosine(mean(last layer of one row), mean(last layer of the other))

    Args:
        model: str or Path. A run directory; with `data`, also any other model that `Predictor.load`
            takes.
        data: Examples or None. Labelled rows. Defaults to None: the rows that the run was evaluated
            on, as they were predicted then; for a cross-validation, all rows.
        show: int, 1 or more. How many rows of a list are printed. Defaults to 10.
        near: int, 0 or more. How many training rows follow each printed row. Defaults to 3.
        near_rows: int, 1 or more. How many training rows are compared. If there are more, a sample
            is compared, and the result says so. Defaults to 1,000.
        batch_size: int. Rows that are predicted at once. Defaults to 32.
        backend: str or None. The Keras backend. Defaults to None: see `choose_backend`.

    Returns:
        FoundErrors. Printing it shows the first rows of each list.

    Raises:
        InputError: there are no rows, or they have no labels, or labels that the model does not
            have.

    Source: C. Northcutt et al., "Confident Learning: Estimating Uncertainty in Dataset Labels",
    2021.

    Example:

    ```python
    found = find_errors("runs/a", near=0)
    print(found)
    assert len(found.order) == len(found.table)
    ```
    """
    for name, count in (("show", show), ("near_rows", near_rows), ("batch_size", batch_size)):
        check_count(name, count)
    if near != 0:
        check_count("near", near)
    run, predictor = RunDirectory(model), None
    if data is None:
        rows = _own_rows(run)
        source = _source(run, rows)
    else:
        predictor = Predictor.load(model, backend=backend)
        rows = predicted_rows(predictor, data, batch_size)
        seen = trained_on(model, data)
        rows = rows if seen is None else replace(rows, notes=(*rows.notes, str(seen)))
        source = f"{count_noun(len(data), 'row')} of {data.source}"
    assert rows.table is not None
    examples = rows.examples
    found = FoundErrors(
        source=source,
        table=rows.table,
        target=rows.target,
        texts=None if examples is None else examples.texts,
        pairs=None if examples is None else examples.pairs,
        shown=show,
        notes=rows.notes,
        suspects_note=weak_model_note(_findings(run)),
    )
    if not near or examples is None:
        return found
    try:
        training = _training_rows(run)
        if predictor is None:
            folder = folds_of(run)[0].path if is_cross_validation(run) else run.path
            predictor = Predictor.load(folder, backend=backend)
    except KbertError as error:
        note = worded("The nearest training rows are left out: {error}", error=error)
        return replace(found, notes=(*found.notes, note))
    if predictor.model is None or training is None:
        return found
    return _with_near(found, predictor.model, training, examples, near, near_rows)


def _own_rows(run: RunDirectory) -> EvaluatedRows:
    """Return the rows that a run was evaluated on."""
    check_is_run(run)
    check_is_classifier(run)
    if is_cross_validation(run):
        return rows_out_of_fold(run)
    sets = [name for name in ("dev", "test") if name in run.record.get("data", {})]
    if not sets:
        raise InputError(
            "{run} has no rows of its own that it was evaluated on. Name a labelled file.",
            run=run,
            cure=Cure(call=Call("errors", run, "FILE")),
        )
    rows = rows_of_run(run, sets[0])
    if rows.table is None:
        raise InputError("{run}: {notes}", run=run, notes=" ".join(rows.notes))
    return rows


def _findings(run: RunDirectory) -> list[Mapping[str, Any]]:
    """Return the findings of a run or, for a cross-validation, of its folds; none if not a run."""
    runs = folds_of(run) if is_cross_validation(run) else [run]
    return [finding for one in runs for finding in one.readable_record.get("findings", ())]


def _source(run: RunDirectory, rows: EvaluatedRows) -> str:
    assert rows.table is not None
    count = count_noun(len(rows.table), "row")
    if is_cross_validation(run):
        folds = len(folds_of(run))
        return worded(
            "All {count} of {run}, each predicted by the model of the fold that was not trained "
            "on it ({folds} folds)",
            count=count,
            run=run,
            folds=folds,
        )
    return worded(
        "{count} of the set {name} of {run}, which its model was not trained on",
        count=count,
        name=rows.name,
        run=run,
    )


def _training_rows(run: RunDirectory) -> Examples | None:
    """Return the training rows of a run, read again; for a cross-validation, all rows.

    Raises:
        InputError: they have changed since, or cannot be read.
    """
    if not (run.path / "config.toml").is_file():
        return None
    if is_cross_validation(run):
        return rows_out_of_fold(run).examples
    training, _ = read_sets(run_config(run), split=RecordedSplit.of(run))
    check_has_texts(training)
    if training.fingerprint != run.record["data"]["train"]["sha256"]:
        raise InputError(
            "{source} has changed since {run} was trained.",
            source=training.source,
            run=run,
            cure=Cure(note="restore the file"),
        )
    return training


def _with_near(
    found: FoundErrors,
    model: "BertClassifier",
    training: Examples,
    examples: Examples,
    near: int,
    near_rows: int,
) -> FoundErrors:
    """Return the errors with the training rows that are nearest to the printed rows."""
    first = found.first
    nearest = nearest_rows(model, training, examples.take(first), near, near_rows)
    note = worded(
        "Near: the training rows whose mean encoder output has the highest cosine similarity, of "
        "{training:,}",
        training=len(nearest.training),
    )
    note += (
        "."
        if len(nearest.training) == nearest.rows
        else worded(" of {rows:,} (a sample).", rows=nearest.rows)
    )
    told = {
        int(at): tuple(
            _near_row(nearest.training, found, int(one), float(cosine))
            for one, cosine in zip(ones, cosines, strict=True)
        )
        for at, ones, cosines in zip(first, nearest.at, nearest.similarity, strict=True)
    }
    return replace(found, near=told, notes=(*found.notes, note))


def _near_row(training: Examples, found: FoundErrors, at: int, cosine: float) -> NearRow:
    y: Any = training.y
    name, row = training.file_and_row(training.number(at))
    return NearRow(
        row=f"{name} {row}" if training.files else str(row),
        label=told_label(found.target, y[at], found.table.names),
        similarity=cosine,
        text=training.texts[at],
        pair=None if training.pairs is None else training.pairs[at],
    )
