"""Batches whose rows several devices share."""

from typing import Any

from kbert.backend.batch_share import ALONE
from kbert.backend.devices import batch_share
from kbert.backend.metric_internals import metrics_without_weights
from kbert.data.batches import Batches
from kbert.errors import InputError
from kbert.findings import Cure


def share_batches(model: Any, data: Any, *, scored: bool = True) -> None:
    """Let batches be divided as a model's devices are.

    Args:
        model: keras.Model.
        data: what `fit`, `evaluate` or `predict` takes; only `Batches` are divided here.
        scored: bool. Whether Keras computes metrics of them. Defaults to True.

    Raises:
        InputError: rows would fill up a batch, and count in a metric of the model.
    """
    if not isinstance(data, Batches):
        return
    data.share = batch_share(model)
    if not scored or data.share == ALONE or not metrics_without_weights(model):
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
