"""The lines of a plan that name the techniques of a run."""

from kbert.config import TrainConfig
from kbert.findings import worded
from kbert.techniques.known_techniques import techniques_of


def told_techniques(config: TrainConfig) -> list[str]:
    """Return a line for each technique that is specified, and for what the head reads."""
    lines = [technique.told() for technique in techniques_of(config)]
    if config.pooling == "mean":
        lines.append(worded("the head reads the mean of the tokens"))
    elif config.pooling == "cls":
        lines.append(worded("the head reads [CLS]"))
    return lines
