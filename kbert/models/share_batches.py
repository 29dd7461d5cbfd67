"""Batches whose rows several devices share."""

from typing import Any, Literal

import keras

from kbert.backend.batch_share import ALONE
from kbert.backend.devices import batch_share
from kbert.backend.metric_internals import metrics_without_weights
from kbert.data.batches import Batches
from kbert.data.masked_batches import MaskedBatches
from kbert.errors import InputError
from kbert.findings import Cure

Use = Literal["fit", "evaluate", "predict"]


def share_batches(model: Any, data: Any, use: Use) -> None:
    """Divide batches among a model's devices.

    Args:
        model: keras.Model.
        data: what `fit`, `evaluate` or `predict` takes; only `Batches` are divided here.
        use: "fit", "evaluate" or "predict".

    Raises:
        InputError: a batch would be filled up with rows that count in a metric of the model, or
            TensorFlow does not support such batches on several devices.
    """
    if not isinstance(data, Batches):
        return
    data.share = batch_share(model)
    if keras.backend.backend() == "tensorflow" and data.share != ALONE:
        _check_replicas(data)
    if data.makes_own_rows:
        data.store.serve(data.share.process, data.share.processes)
    if use == "predict" or data.share == ALONE:
        return
    data.weights_scale = data.share.scale_of_mean(data.batch_rows()) if use == "evaluate" else None
    if not metrics_without_weights(model):
        return
    sizes = {len(data.rows(index)) for index in data.sample()}
    uneven = next((size for size in sizes if data.share.filled(size) != size), None)
    if uneven is not None:
        raise InputError(
            "A batch of {rows} rows is filled up for {devices} devices, with rows of weight 0 that "
            "metrics without weights would count.",
            rows=uneven,
            devices=data.share.devices,
            cure=Cure(
                code="model.compile(..., weighted_metrics=[...])", note="in place of metrics"
            ),
        )


def _check_replicas(data: Batches) -> None:
    """Refuse batches whose rows belong together: TensorFlow divides each array separately."""
    if isinstance(data, MaskedBatches):
        raise InputError(
            "On several devices TensorFlow does not support masked tokens: each device would "
            "take the mean over its own.",
            cure=Cure({"backend": "jax"}, otherwise=(Cure({"devices": 1}),)),
        )
    if data.order == "packed" or data.store.window_split is not None:
        raise InputError(
            "On several devices TensorFlow supports one text per row, neither packed nor "
            "in windows.",
            cure=Cure(code='model.batches(..., packing="off")', note="JAX supports both"),
        )
