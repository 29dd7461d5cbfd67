"""Build the model that a prepared run trains."""

from typing import TYPE_CHECKING, Any

from kbert.backend.choose_backend import import_keras
from kbert.backend.devices import built_on_devices
from kbert.config import TrainConfig
from kbert.findings import worded
from kbert.linear.fit_linear_head import fit_linear_head
from kbert.runs.prepare import PreparedRun
from kbert.targets.target import Target
from kbert.techniques.known_techniques import check_techniques, techniques_of
from kbert.techniques.linear_head import LinearHead
from kbert.techniques.model_change import ModelChange, sizes_of
from kbert.techniques.moving_average import MovingAverage
from kbert.techniques.objective import Objective
from kbert.techniques.rate_factor import RateFactor
from kbert.utils.say import say

if TYPE_CHECKING:
    from kbert.data.batches import Batches


def build_model(prepared: PreparedRun) -> Any:
    """Return a run's BertClassifier, compiled; the first thing that needs Keras.

    Args:
        prepared: PreparedRun.
    """
    config = prepared.config
    say(
        worded(
            "Loading {source} on {backend} ...",
            source=config.parent or config.preset,
            backend=config.backend,
        )
    )
    import_keras()
    import keras

    from kbert.models.bert_classifier import BertClassifier
    from kbert.optimizers import create_optimizer

    assert config.devices != "all", "their number is known by now"
    with built_on_devices(config.devices):
        keras.utils.set_random_seed(config.seed)
        dtype = "float32" if config.precision == "float32" else f"mixed_{config.precision}"
        if config.parent is not None:
            model = BertClassifier.load(
                config.parent,
                max_length=config.max_length,
                dropout=config.dropout,
                dtype=dtype,
                long_text=config.long_text,
                cut_pair=config.cut_pair,
                windows=config.windows,
            )
            # The thresholds and the temperature belong to the parent's weights: reset them.
            model.target, model.temperature = model.target.chosen_by(None), 1.0
        else:
            model = BertClassifier.from_preset(
                config.preset,
                prepared.labels,
                max_length=config.max_length,
                dropout=config.dropout,
                pretrained=config.weights == "pretrained",
                tokenizer=prepared.tokenizer,
                dtype=dtype,
                target=prepared.target,
                pooling=None if config.pooling == "auto" else config.pooling,
            )
        check_techniques(config, sizes_of(model.backbone))
        used = techniques_of(config)
        for technique in used:
            if isinstance(technique, ModelChange) and not technique.changes_values:
                technique(model)
        model.gradient_checkpointing = config.gradient_checkpointing
        # An unweighted metric would also count the rows that only pad a batch.
        metrics = "metrics" if config.devices is None else "weighted_metrics"
        model.compile(
            optimizer=create_optimizer(
                prepared.plan,
                rate_factors=[of for of in used if isinstance(of, RateFactor)],
                moving_average=next((of for of in used if isinstance(of, MovingAverage)), None),
            ),
            loss=_loss(prepared, model.target),
            objectives=[of for of in used if isinstance(of, Objective)],
            **{metrics: ["accuracy"] if model.target.takes_names else None},
        )
    return model


def change_values(config: TrainConfig, model: Any, batches: "Batches") -> None:
    """Let the techniques of a new run change the values of its weights, after its baselines.

    Args:
        config: TrainConfig.
        model: BertClassifier.
        batches: Batches. The training batches.
    """
    for technique in techniques_of(config):
        if isinstance(technique, ModelChange) and technique.changes_values:
            technique(model)
        elif isinstance(technique, LinearHead):
            fit_linear_head(model, batches, technique.strength)


def _loss(prepared: PreparedRun, target: Target) -> Any:
    """Return the loss of a run, or None for cross-entropy alone, which is the model's own."""
    config = prepared.config
    if not target.takes_names:
        return target.loss(config.label_smoothing, prepared.label_weights)
    if config.loss == "categorical_crossentropy" and not config.label_smoothing:
        return None
    from kbert.losses import ClassLoss

    return ClassLoss(config.loss, config.label_smoothing, config.focal_gamma)
