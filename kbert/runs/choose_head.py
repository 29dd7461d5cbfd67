"""What the head of a new run reads and starts from, where its settings leave this open."""

from dataclasses import replace

from kbert.config import TrainConfig
from kbert.findings import Option, worded
from kbert.interop.source import Source
from kbert.utils.say import say


def with_head(config: TrainConfig) -> TrainConfig:
    """Return settings that specify what the head starts from.

    No linear model can be fitted to random weights, and the recipe "google" starts as
    `run_classifier.py` does. A run that continues another has that run's head.
    """
    if config.head != "auto":
        return config
    is_linear = config.weights == "pretrained" and config.recipe != "google"
    return replace(config, head="linear" if is_linear else "new")


def with_pooling(config: TrainConfig, source: Source) -> TrainConfig:
    """Return settings that specify what the head reads.

    With the recipe "google" it reads [CLS], as in `run_classifier.py`; otherwise it reads what
    `source` was trained with.
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
