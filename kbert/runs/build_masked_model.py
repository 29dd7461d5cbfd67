"""Build the model that a prepared pretraining run trains."""

from typing import Any

from kbert.backend.choose_backend import import_keras
from kbert.backend.devices import built_on_devices
from kbert.findings import worded
from kbert.runs.prepare_pretraining import PreparedPretraining
from kbert.utils.say import say


def build_masked_model(prepared: PreparedPretraining) -> Any:
    """Return a run's MaskedLanguageModel, compiled; the first thing that needs Keras.

    Args:
        prepared: PreparedPretraining.
    """
    config = prepared.config
    say(worded("Loading {preset} on {backend} ...", preset=config.preset, backend=config.backend))
    import_keras()
    import keras

    from kbert.models.masked_language_model import MaskedLanguageModel
    from kbert.optimizers import create_optimizer

    assert config.devices != "all", "their number is known by now"
    with built_on_devices(config.devices):
        keras.utils.set_random_seed(config.seed)
        model = MaskedLanguageModel.from_preset(
            config.preset,
            pretrained=config.weights == "pretrained",
            tokenizer=prepared.masking.tokenizer,
            dtype="float32" if config.precision == "float32" else f"mixed_{config.precision}",
        )
        model.gradient_checkpointing = config.gradient_checkpointing
        model.compile(optimizer=create_optimizer(prepared.plan))
    return model
