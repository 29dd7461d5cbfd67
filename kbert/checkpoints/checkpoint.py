"""A checkpoint in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kbert.checkpoints.position import Position
from kbert.checkpoints.run_steps import Steps

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was read and whose checksums match.

    Args:
        path: Path. Its directory.
        position: Position.
        identity: dict of what identifies the run, such as its plan, labels and data.
        arrays: dict of the arrays of each file by name: "model", "optimizer", "counters", and
            "lora" of a model that has it.
        evaluations: dict, `EvaluationHistory.to_dict` of the evaluations so far, or None.
        steps: list of pairs, or None in checkpoints of kbert 0.1. Each pair is a batch of the run
            and the step from which the optimizer counted there. There is more than one pair if the
            plan was changed.
        best: dict or None. A note of the best checkpoint: `checkpoint`, its name, and unless it is
            this one, `sha256`, the checksum of its weights.
        findings: list of dict, `Finding.to_dict` of what was found during the training so far.
            Defaults to ().
    """

    path: Path
    position: Position
    identity: dict[str, Any]
    arrays: dict[str, Arrays]
    evaluations: dict[str, Any] | None = None
    steps: Steps | None = None
    best: dict[str, str] | None = None
    findings: Sequence[dict[str, Any]] = ()

    @property
    def weights(self) -> Arrays:
        """The weights of the model that was trained; "model" has LoRA merged into its kernels."""
        return {**self.arrays.get("model", {}), **self.arrays.get("lora", {})}
