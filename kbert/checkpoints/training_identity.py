"""What a checkpoint and the `fit` that resumes from it must have in common."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kbert.findings import Call, Cure, Finding, Message
from kbert.plans.training_plan import TrainingPlan

if TYPE_CHECKING:  # it imports Keras, which a refusal to resume should not wait for
    from kbert.data.batches import Batches

# The code of the finding and the word for what differs, by its name.
_PARTS = {
    "run": ("run-differs", Message("run")),
    "labels": ("labels-differ", Message("list of labels")),
    "preset": ("preset-differs", Message("preset")),
    "tokenizer": ("tokenizer-differs", Message("tokenizer")),
    "data": ("data-differs", Message("training data")),
    "order": ("order-differs", Message("order of the data")),
    "order_version": ("order-differs", Message("version of the data's order")),
    "order_seed": ("order-differs", Message("seed of the data's order")),
    "optimizer": ("optimizer-differs", Message("optimizer")),
}
MISMATCHES = tuple(dict.fromkeys(code for code, _ in _PARTS.values()))


def training_identity(
    model: Any, plan: TrainingPlan | None, data: "Batches | None"
) -> dict[str, Any]:
    """Return what is known of a `fit` that is about to run: labels, tokenizer, data, plan, ..."""
    from kbert.backend.optimizer_internals import inner_optimizer

    identity: dict[str, Any] = {}
    labels: Any = getattr(model, "labels", None)
    tokenizer: Any = getattr(model, "tokenizer", None)
    if hasattr(labels, "names"):
        identity["labels"] = list(labels.names)
    if hasattr(tokenizer, "fingerprint"):
        identity["tokenizer"] = tokenizer.fingerprint
    if data is not None:
        identity["data"] = data.store.fingerprint
        identity["order"] = data.order
        identity["order_version"] = data.order_version
        identity["order_seed"] = data.seed
    if plan is not None:
        identity["plan"] = asdict(plan)
    identity["optimizer"] = type(inner_optimizer(model.optimizer)).__name__
    return identity


def identity_findings(checkpoint: Mapping[str, Any], fit: Mapping[str, Any]) -> list[Finding]:
    """Return an error for each part in which a `fit` differs from a checkpoint."""
    if "order_seed" in checkpoint:  # kbert 0.1 had only one order
        checkpoint = {"order": "shuffled", "order_version": 1, **checkpoint}
    return [
        Finding(
            code,
            "error",
            "The checkpoint belongs to another {what}: expected {expected}, found {found}.",
            Cure(
                note="resume with the {what} that the run was started with",
                values={"what": what},
                otherwise=(Cure(call=Call("continue", "RUN", output="NEW")),),
            ),
            {"what": what, "expected": _shown(checkpoint[name]), "found": _shown(fit[name])},
        )
        for name, (code, what) in _PARTS.items()
        if name in checkpoint and name in fit and checkpoint[name] != fit[name]
    ]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
