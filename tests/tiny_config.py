"""The settings of a run that trains in a second or two."""

from kbert import TrainConfig


def tiny_config(reviews, tiny_preset, output, **settings):
    """Return settings for a small file and a tiny new model; `settings` are added to them."""
    return TrainConfig(
        data=str(reviews),
        output=str(output),
        preset=str(tiny_preset),
        weights="random",
        allow=("too-few-updates",),
        batch_size=16,
        **settings,
    )
