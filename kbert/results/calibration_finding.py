"""Whether calibrating a model has helped."""

from kbert.findings import Cure, Finding, Option
from kbert.results.temperature import LEAST, MOST, Temperature

CODE = "calibration-no-better"


def calibration_finding(found: Temperature, rows: str) -> Finding | None:
    """Return the finding that a temperature does not help on rows it was not fitted on, or None.

    Args:
        found: Temperature.
        rows: str. The name of the set that it was fitted on.
    """
    cure = Cure(
        note="in a new run, more rows to fit it on: a larger {dev}, or {share}",
        values={"dev": Option("dev"), "share": Option("dev_proportion", 0.2)},
    )
    if not found.is_fitted:
        return Finding(
            CODE,
            "warning",
            "The model is not calibrated: on the {rows:,} rows of {name} no temperature from "
            "{least:g} to {most:g} has the lowest log loss, as happens where all are predicted "
            "right.",
            cure,
            {"rows": found.rows, "name": rows, "least": LEAST, "most": MOST},
        )
    before, after = found.change.log_loss
    if after < before:
        return None
    return Finding(
        CODE,
        "warning",
        "The temperature does not help: on rows of {name} that it was not fitted on, the log "
        "loss is {before:.4f} before, and {after:.4f} after.",
        cure,
        {"name": rows, "before": before, "after": after},
    )
