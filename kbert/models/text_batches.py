"""Batches of examples for one model."""

from pathlib import Path
from typing import Any

import keras

from kbert.backend.few_shapes import few_shapes
from kbert.choices import Packing
from kbert.data.batches import Batches
from kbert.data.class_weights import ClassWeight, row_weights
from kbert.data.packing_choice import PackingChoice
from kbert.data.reading.examples import Examples, check_examples
from kbert.data.shards.sharded_token_store import ShardedTokenStore
from kbert.data.shards.stored_examples import StoredExamples
from kbert.data.token_store import TokenStore
from kbert.errors import InputError
from kbert.findings import Cure, worded
from kbert.interop.segments import check_segments
from kbert.plans.training_plan import TrainingPlan
from kbert.utils.say import say


def text_batches(
    model: Any,
    examples: Examples | ShardedTokenStore,
    plan: TrainingPlan | None,
    *,
    batch_size: int,
    seed: int,
    packing: Packing,
    class_weight: ClassWeight | None,
    cache: str | Path | None,
) -> Batches:
    """Return batches of examples for a `TextModel`; see its `batches`."""
    if isinstance(examples, ShardedTokenStore):
        examples.read_by(model.tokenizer, model.max_length)
        examples = StoredExamples.of(examples)
    _check_read_for(model, examples, plan)
    stored = examples.store if isinstance(examples, StoredExamples) else None
    store = stored or TokenStore.build(examples, model.tokenizer, model.max_length, cache)
    judged = examples if stored is None else None  # the examples whose texts are checked
    if store.not_kept:
        say(worded("The tokens are kept in memory: {not_kept}.", not_kept=store.not_kept))
    pad_id = model.tokenizer.pad_id
    if plan is None:
        return Batches(
            store, batch_size, pad_id=pad_id, few_shapes=few_shapes(model), examples=judged
        )
    compiled = keras.backend.backend() != "torch"
    return Batches(
        store,
        plan.batch_size,
        order=PackingChoice.of_store(store, plan.batch_size, packing, compiled=compiled).order,
        seed=seed,
        drop_remainder=plan.drop_remainder,
        pad_id=pad_id,
        few_shapes=few_shapes(model),
        weights=row_weights(examples, class_weight),
        examples=judged,
    )


def _check_read_for(model: Any, examples: Examples, plan: TrainingPlan | None) -> None:
    """Raise InputError if examples were read for another model, or the plan is for other rows."""
    check_examples(examples)
    if examples.y is not None and examples.target.kind != model.target.kind:
        raise InputError(
            "{source} was read with the target {given}, but the model's is {own}.",
            source=examples.source,
            given=examples.target.kind,
            own=model.target.kind,
            cure=Cure(code=f'read_examples(..., target="{model.target.kind}")'),
        )
    if examples.labels is not None and examples.labels.names != model.labels.names:
        raise InputError(
            "{source} was read with the labels {given}, but the model has {own}. Read it with "
            "read_examples(..., labels=model.labels).",
            source=examples.source,
            given=examples.labels.names,
            own=model.labels.names,
        )
    if plan is not None and plan.examples != len(examples):
        raise InputError(
            "The plan is for {planned} examples, but there are {examples}. Make it with "
            "TrainingPlan(examples={examples}, ...).",
            planned=plan.examples,
            examples=len(examples),
        )
    check_segments(model.num_segments, examples.pairs is not None, examples.source)
