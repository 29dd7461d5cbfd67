"""What the head of a new run reads and begins with, where its settings do not say."""

from dataclasses import replace

from kbert.config import TrainConfig
from kbert.findings import Option, worded
from kbert.interop.source import Source
from kbert.utils.say import say


def with_head(config: TrainConfig) -> TrainConfig:
    """Return settings that say what the head begins with.

    To random weights no linear model can be fitted, and the recipe "google" begins as
    `run_classifier.py` does. A run that continues another has its head.
    """
    if config.head != "auto":
        return config
    is_linear = config.weights == "pretrained" and config.recipe != "google"
    return replace(config, head="linear" if is_linear else "new")


def with_pooling(config: TrainConfig, source: Source) -> TrainConfig:
    """Return settings that say what the head reads.

    The recipe "google" reads [CLS], as `run_classifier.py` does; any other what `source` was
    trained with.
    """
    if config.pooling != "auto":
        return config
    pooling = "cls" if config.recipe == "google" else source.pooling()
    if pooling == "mean" and config.parent is None:
        say(
            worded(
                "The head reads the mean of the tokens, with which {preset} was trained. For "
                "[CLS]: {option}",
                preset=config.preset,
                option=Option("pooling", "cls"),
            )
        )
    return replace(config, pooling=pooling)
