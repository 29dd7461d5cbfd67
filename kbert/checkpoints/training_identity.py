"""What a checkpoint and the training that goes on from it must have in common."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kbert.findings import Call, Cure, Finding
from kbert.plans.training_plan import TrainingPlan

if TYPE_CHECKING:  # it imports Keras, which refusing to resume should not wait for
    from kbert.data.batches import Batches

# The code of the finding, and what the fact is called, by the fact's name.
_FACTS = {
    "run": ("run-differs", "run"),
    "labels": ("labels-differ", "list of labels"),
    "preset": ("preset-differs", "preset"),
    "tokenizer": ("tokenizer-differs", "tokenizer"),
    "data": ("data-differs", "training data"),
    "order_seed": ("order-differs", "seed of the data's order"),
    "optimizer": ("optimizer-differs", "optimizer"),
}
MISMATCHES = tuple(code for code, _ in _FACTS.values())


def training_identity(
    model: Any, plan: TrainingPlan | None, data: "Batches | None"
) -> dict[str, Any]:
    """Return what can be told of a training that is about to run; what cannot is left out."""
    facts: dict[str, Any] = {}
    labels: Any = getattr(model, "labels", None)
    tokenizer: Any = getattr(model, "tokenizer", None)
    if hasattr(labels, "names"):
        facts["labels"] = list(labels.names)
    if hasattr(tokenizer, "fingerprint"):
        facts["tokenizer"] = tokenizer.fingerprint
    if data is not None:
        facts["data"] = data.store.fingerprint
        facts["order_seed"] = data.seed
    if plan is not None:
        facts["plan"] = asdict(plan)
    facts["optimizer"] = type(inner_optimizer(model.optimizer)).__name__
    return facts


def identity_findings(checkpoint: Mapping[str, Any], here: Mapping[str, Any]) -> list[Finding]:
    """Return an error for each fact that is another here than in the checkpoint."""
    return [
        Finding(
            code,
            "error",
            "The checkpoint is of another {what}: expected {shown}, found {shown2}.",
            Cure(
                note="continue with what the run was started with; for another {what}: {call}",
                values={"what": what, "call": Call("continue", "RUN", output="NEW")},
            ),
            {"what": what, "shown": _shown(checkpoint[name]), "shown2": _shown(here[name])},
        )
        for name, (code, what) in _FACTS.items()
        if name in checkpoint and name in here and checkpoint[name] != here[name]
    ]


def _shown(fact: Any) -> str:
    text = repr(fact)
    return text if len(text) <= 60 else f"{text[:57]}..."
