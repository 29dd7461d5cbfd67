"""The error for a training step that does not fit in memory."""

import math
from dataclasses import replace
from typing import Any

from kbert.config import TrainConfig
from kbert.errors import MachineError
from kbert.findings import Cure, Option
from kbert.utils.wording import count_noun


def step_too_large(config: TrainConfig, batches: Any) -> MachineError:
    """Return the error for a step that does not fit, with smaller batches for the same updates."""
    assert config.batch_size != "auto", "chosen before the first step"
    size = config.batch_size
    rows, width = max(map(batches.shape, batches.sample()), key=math.prod)
    cures = []
    if size > 1:
        smaller = {
            "batch_size": size // 2,
            "gradient_accumulation_steps": config.gradient_accumulation_steps * 2,
        }
        cures.append(Cure(smaller, note="which performs about the same updates"))
    if config.windows is not None and config.max_windows > 1:
        cures.append(Cure({"max_windows": config.max_windows // 2}))
    elif config.max_length > 16:
        cures.append(Cure({"max_length": config.max_length // 2}))
    cures.append(Cure(note="a smaller {option}", values={"option": Option("preset")}))
    return MachineError(
        "Out of memory: a training step of {rows} x {tokens} does not fit.",
        rows=count_noun(rows, "row"),
        tokens=count_noun(width, "token"),
        cure=replace(cures[0], otherwise=tuple(cures[1:])),
    )
