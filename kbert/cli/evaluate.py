"""`kbert evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from kbert.backend.processes import is_first
from kbert.choices import DeviceCount
from kbert.cli.app import verb
from kbert.cli.options import Switch, given, named, options, reading
from kbert.cli.processes import Processes
from kbert.cli.shared_predictor import Devices, join_to_predict, shared_predictor
from kbert.cli.show import show, show_json
from kbert.data.reading.reading_options import OF_LAYOUT, OF_SPLIT, ReadingOptions
from kbert.errors import InputError
from kbert.findings import Call, Cure, Finding
from kbert.utils.counts import check_count
from kbert.utils.say import say, verbose_level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kbert.data.reading.examples import Examples
    from kbert.interop.source import Source
    from kbert.results.scores import Scores
    from kbert.serving.predictor import Predictor


@options("backend", ReadingOptions, optional=OF_LAYOUT, without=OF_SPLIT)
class Settings:
    """What `kbert evaluate` takes."""


@verb("evaluate")
def evaluate(
    model: Path,
    data: str | None = None,
    *,
    batch_size: int = 32,
    json: Switch = False,
    devices: Devices = None,
    settings: Annotated[Settings, Parameter(name="*")] = Settings(),  # noqa: B008
    processes: Annotated[Processes, Parameter(name="*")] = Processes(),  # noqa: B008
) -> None:
    """Score a model on a labelled file.

    Parameters
    ----------
    model
        Run directory, or another model that `kbert predict` takes.
    data
        Labelled file (CSV, TSV, JSON, Parquet, Arrow, XLSX), or several as one set: 'data/*.csv';
        by default the rows that the run was evaluated on while it was trained. A file in the format
        of the run's own is read like it, unless an option says otherwise.
    batch_size
        Rows per batch.
    json
        Print JSON.
    """
    from kbert.cli.model_first import check_model_first
    from kbert.interop.sources import find_source
    from kbert.runs.told_ends import ending_together

    check_count("batch_size", batch_size)
    check_model_first("evaluate", model, data)
    source = find_source(model, predicts=True)
    join_to_predict(processes, source, given(settings).get("backend"))
    with ending_together():
        scores, findings = _evaluated(source, model, data, batch_size, devices, settings, json=json)
        if not is_first():
            return
        if json:
            show_json({**scores.to_dict(), "findings": [found.to_dict() for found in findings]})
        else:
            show(scores)


def _evaluated(
    source: "Source",
    model: Path,
    data: str | None,
    batch_size: int,
    devices: DeviceCount | None,
    settings: Settings,
    *,
    json: bool,
) -> "tuple[Scores, list[Finding]]":
    """Return a model's scores on the labelled rows, and findings about them."""
    from kbert.cli.examples import check_pairs, show_reading, warn_of_unknown_tokens
    from kbert.cli.labelled_file import LabelledFile
    from kbert.interop.segments import check_segments

    labels = source.labels()
    file = None
    if data is not None:
        file = LabelledFile(source, model, data, reading(settings), named(settings))
    examples = _dev_set(model, labels) if file is None else file.read()
    check_pairs(examples, source.text_pairs())
    check_segments(source.num_segments(), examples.pairs is not None, examples.source)
    say(str(examples), to="stderr")
    show_reading(examples)
    warn_of_unknown_tokens(source, examples)
    findings = _findings(model, examples) if verbose_level() or json else []
    for finding in findings:
        say(str(finding), to="stderr")
    backend = given(settings).get("backend")
    predictor = shared_predictor(model, examples, batch_size, backend, devices)
    if labels is None and file is not None:
        examples = file.read(predictor.labels)
    return _evaluate(predictor, examples, batch_size), findings


def _dev_set(model: Path, labels: "Sequence[str] | None") -> "Examples":
    """Return the rows that a run was evaluated on, read again."""
    from kbert.exports.dev_examples import dev_examples
    from kbert.runs.run_config import check_is_classifier
    from kbert.runs.run_directory import RunDirectory
    from kbert.targets.labels import Labels

    check_is_classifier(RunDirectory(model))
    is_run = labels is not None and (model / "config.toml").is_file()
    found = dev_examples(model, Labels(tuple(labels)), None, {}) if labels and is_run else None
    if found is None:
        raise InputError(
            "{model} has no rows of its own to be evaluated on. Name a labelled file.",
            model=model,
            cure=Cure(call=Call("evaluate", model, "FILE")),
        )
    return found


def _findings(model: Path, examples: "Examples") -> list[Finding]:
    """Return findings about the scores on these rows."""
    from kbert.data.inspection.absent_classes import absent_classes
    from kbert.runs.trained_on import trained_on

    found = (trained_on(model, examples), absent_classes(examples))
    return [finding for finding in found if finding is not None]


def _evaluate(predictor: "Predictor", examples: "Examples", batch_size: int) -> "Scores":
    if predictor.model is not None:
        from kbert.backend.devices import on_devices_of
        from kbert.models.evaluate_batches import evaluate_batches

        batches = predictor.model.batches(examples, batch_size=batch_size)
        with on_devices_of(predictor.model):
            return evaluate_batches(predictor.model, batches)
    assert examples.y is not None
    outputs = predictor.predict_proba(examples.texts, examples.pairs, batch_size)
    raw = predictor.target.raw(outputs)
    return predictor.target.scores(raw, examples.y, predictor.labels, examples.weights)
