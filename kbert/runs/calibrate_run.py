"""Calibrate the model that a run has kept."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kbert.data.reading.examples import Examples
from kbert.findings import Finding, Joined, findings_table, worded
from kbert.interop.cooled_head import cooled
from kbert.interop.sources import find_source
from kbert.interop.write_kbert_model import write_kbert_model
from kbert.results.calibration_change import CalibrationChange
from kbert.results.calibration_finding import calibration_finding
from kbert.results.coverage import coverage, coverage_table
from kbert.results.temperature import Temperature
from kbert.runs.best_model import calibration_of, file_checksum
from kbert.runs.run_directory import RunDirectory
from kbert.targets.fit_temperature import change_by, fit_temperature
from kbert.targets.known_targets import target_of
from kbert.targets.target import Target
from kbert.utils.say import say

_MAX_SHOWN = 20  # thresholds


def calibrate_run(
    run: RunDirectory,
    settings: Mapping[str, Any],
    sets: Mapping[str, Examples],
    logits: Mapping[str, np.ndarray],
) -> tuple[dict[str, np.ndarray], list[Finding]]:
    """Fold the temperature of the first set into the run's model, and record it.

    A run that is resumed, or ends again, gets the same result: a model that is already calibrated
    stays as it is; for one that is not, the logits are those of the trained weights.

    Args:
        run: RunDirectory, with its best model.
        settings: dict. The classifier's `get_config`, with what it takes from its best evaluation.
        sets: dict of labelled Examples by name. The temperature is fitted on the first.
        logits: dict of arrays [rows, labels] by set, of the run's model.

    Returns:
        The logits of the calibrated model, and the findings.
    """
    name, examples = next(iter(sets.items()))
    earlier = calibration_of(run)
    if earlier is not None:
        say(
            worded(
                "The model is calibrated already, with the temperature {temperature:g}.",
                temperature=earlier["temperature"],
            )
        )
        return dict(logits), []
    assert examples.y is not None
    found = fit_temperature(logits[name], examples.y, examples.target, examples.weights)
    say(found.told(name))
    others = {of: _change(found, sets[of], logits[of]) for of in list(sets)[1:]}
    for of, change in others.items():
        say(worded("On {name}, where no temperature was fitted: {change}.", name=of, change=change))
    limits = _write(run, settings, found, others).limits(logits[name].shape[1])
    if limits is not None and found.is_fitted:
        shown = zip(run.record["labels"], limits, strict=True)
        told = Joined(f"{label} {limit:.3f}" for label, limit in list(shown)[:_MAX_SHOWN])
        say(
            worded(
                "The thresholds are adjusted, so that the same labels are predicted: {thresholds}",
                thresholds=told,
            )
        )
    finding = calibration_finding(found, name)
    if finding is not None:
        say(findings_table([finding]))
    calibrated = {of: rows / np.float32(found.value) for of, rows in logits.items()}
    _say_coverage(examples, calibrated[name], name)
    return calibrated, [] if finding is None else [finding]


def _change(found: Temperature, examples: Examples, logits: np.ndarray) -> CalibrationChange:
    assert examples.y is not None
    return change_by(found.value, logits, examples.y, examples.target, examples.weights)


def _write(
    run: RunDirectory,
    settings: Mapping[str, Any],
    found: Temperature,
    others: Mapping[str, CalibrationChange],
) -> Target:
    """Write the model with its temperature, record it, and return the model's target."""
    trained = file_checksum(run)
    target = target_of(settings.get("target")).at_temperature(found.value)
    if found.value != 1:
        own = {} if "target" not in settings else {"target": target.to_dict()}
        arrays = find_source(run.model_folder).read().arrays
        write_kbert_model(
            run.model_folder,
            {**settings, **own, "temperature": found.value},
            cooled(arrays, found.value),
        )
    # Without this record the model differs from that of the best checkpoint, and a resumed run
    # writes it again.
    sums = {"trained_sha256": trained, "sha256": file_checksum(run)}
    told = {of: change.to_dict() for of, change in others.items()}
    run.update(calibration={**found.to_dict(), **({"others": told} if told else {}), **sums})
    return target


def _say_coverage(examples: Examples, logits: np.ndarray, name: str) -> None:
    """Show how many rows are answered at each threshold, and how well, for one class per row."""
    target = examples.target
    ids = None if examples.y is None else target.class_ids(examples.y)
    if ids is None:
        return
    say(
        worded(
            "With a threshold, the model answers only the rows whose highest probability reaches "
            "it. On {name}, the share of rows that it answers and the accuracy of these answers:",
            name=name,
        )
    )
    say(coverage_table(coverage(target.outputs(logits), ids, weights=examples.weights)))
