"""The batches that a prepared run trains on."""

from typing import TYPE_CHECKING, Any

from kbert.runs.prepare import PreparedRun

if TYPE_CHECKING:
    from kbert.data.batches import Batches


def training_batches(prepared: PreparedRun, model: Any) -> "Batches":
    """Return the batches of a run's training rows, in the order of its seed.

    Args:
        prepared: PreparedRun.
        model: BertClassifier.
    """
    from kbert.backend.few_shapes import few_shapes
    from kbert.data.batches import Batches

    return Batches(
        prepared.stores["train"],
        prepared.plan.batch_size,
        order="packed" if prepared.config.packing == "on" else "shuffled",
        seed=prepared.config.seed,
        drop_remainder=prepared.plan.drop_remainder,
        pad_id=prepared.tokenizer.pad_id,
        few_shapes=few_shapes(model),
        weights=prepared.weights,
    )
