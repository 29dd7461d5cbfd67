"""Training steps of any size on a model that is thrown away, to see what they need."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from kbert.config import TrainConfig
from kbert.config.pretrain_config import PretrainConfig
from kbert.plans.training_plan import TrainingPlan
from kbert.targets.labels import Labels


def training_step(config: TrainConfig, classes: int) -> Callable[[int], object]:
    """Return a function that trains a step of full-length texts, on a model that is thrown away."""
    from kbert.data.reading.examples import Examples
    from kbert.models.bert_classifier import BertClassifier
    from kbert.optimizers import create_optimizer

    labels = Labels(tuple(map(str, range(classes))))
    model = BertClassifier.from_preset(
        config.parent or config.preset,
        labels,
        max_length=config.max_length,
        dropout=config.dropout,
        pretrained=False,
        dtype=_dtype(config),
        long_text=config.long_text,
        windows=config.windows,
    )
    model.gradient_checkpointing = config.gradient_checkpointing
    model.compile(optimizer=create_optimizer(_plan(config)), metrics=["accuracy"])
    text = " ".join(["a"] * model.tokenizer.most_tokens(config.max_length))

    def batch_of(rows: int) -> Any:
        ids = np.arange(rows, dtype=np.int32) % classes
        examples = Examples([text] * rows, label_ids=ids, labels=labels)
        return model.batches(examples, batch_size=rows)[0]

    return _steps(model, batch_of)


def pretraining_step(config: PretrainConfig) -> Callable[[int], object]:
    """Return a function that trains a step on full rows of masked tokens; see `training_step`."""
    from kbert.backend.few_shapes import few_shapes
    from kbert.data.masked_batches import MaskedBatches
    from kbert.data.masking import Masking
    from kbert.data.reading.examples import Examples
    from kbert.data.token_store import TokenStore
    from kbert.models.masked_language_model import MaskedLanguageModel
    from kbert.optimizers import create_optimizer

    model = MaskedLanguageModel.from_preset(config.preset, pretrained=False, dtype=_dtype(config))
    model.gradient_checkpointing = config.gradient_checkpointing
    model.compile(optimizer=create_optimizer(_plan(config)))
    masking, text = Masking(model.tokenizer), " ".join(["a"] * config.max_length)

    def batch_of(rows: int) -> Any:
        store = TokenStore.build(Examples([text] * rows), model.tokenizer, config.max_length)
        return MaskedBatches(store, masking, rows, few_shapes=few_shapes(model))[0]

    return _steps(model, batch_of)


def _dtype(config: TrainConfig | PretrainConfig) -> str:
    return "float32" if config.precision == "float32" else f"mixed_{config.precision}"


def _plan(config: TrainConfig | PretrainConfig) -> TrainingPlan:
    """Return the plan for smaller batches: they accumulate gradients as large as the weights."""
    plan = config.plan(examples=config.rows_per_update * 2)
    return replace(plan, gradient_accumulation_steps=2)


def _steps(model: Any, batch_of: Callable[[int], Any]) -> Callable[[int], object]:
    """Return a function that trains a step on a given number of rows."""
    import keras

    begun = False

    def step(rows: int) -> None:
        nonlocal begun
        batch = batch_of(rows)
        for _ in range(1 if begun else 2):  # the second one changes the weights
            loss = model.train_on_batch(*batch)
        begun = True
        float(keras.ops.convert_to_numpy(loss[0]))  # waits for the device

    return step
