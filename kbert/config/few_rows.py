"""What a plan of few updates means where the rows are few, and a recipe exists for them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kbert.findings import Cure, Finding

_FEW_ROWS = 500  # 64 of each class, for up to about eight classes
_OF_CLASSES = (None, "single", "ordered")


def of_few_rows(found: Sequence[Finding], config: Any, rows: int) -> list[Finding]:
    """Return the findings on a plan, those on few updates in the light of the recipe.

    The recipe few-shot repeats few rows in small batches for many epochs, and has been measured
    with as few as 25 updates: no warning is due for what the recipe itself asks for. With other
    recipes it is part of the cure.

    Args:
        found: sequence of Finding.
        config: TrainConfig.
        rows: int. Rows of the training set.
    """
    return [
        _with_recipe(finding, config, rows) if finding.code == "too-few-updates" else finding
        for finding in found
        if not _measured(finding, config)
    ]


def _measured(finding: Finding, config: Any) -> bool:
    if (finding.code, finding.severity) != ("too-few-updates", "warning"):
        return False
    return config.recipe == "few-shot" and {"epochs", "batch_size"} <= {*config.of_recipe()}


def _with_recipe(finding: Finding, config: Any, rows: int) -> Finding:
    if config.recipe == "few-shot" or rows > _FEW_ROWS or config.target not in _OF_CLASSES:
        return finding
    few_shot = Cure({"recipe": "few-shot"}, note="which is for up to 64 rows of each class")
    cure = replace(finding.cure, otherwise=(*finding.cure.otherwise, few_shot))
    return replace(finding, cure=cure)
