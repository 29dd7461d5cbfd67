"""Whether a `fit` can be resumed inside its epochs."""

from kbert.data.batches import Batches
from kbert.errors import InputError
from kbert.findings import Cure


def check_saves_inside(
    batches: Batches | None, steps: int | None, *intervals: float | None
) -> None:
    """Raise InputError if checkpoints would be saved inside epochs that could not be resumed.

    Args:
        batches: Batches or None. The data, where their order is reproducible.
        steps: int or None. Steps of an epoch of the `fit`, if known.
        *intervals: float or None. The intervals of checkpoints inside epochs, each None if not set.
    """
    if batches is not None and steps is not None and steps != len(batches):
        raise InputError(
            "fit runs {steps} steps per epoch, but the Batches have {batches}: their order "
            "would change in the middle of a pass.",
            steps=int(steps),
            batches=len(batches),
            cure=Cure(note="leave `steps_per_epoch` out"),
        )
    saves_inside = any(interval is not None for interval in intervals)
    if saves_inside and (batches is None or steps != len(batches)):
        raise InputError(
            "Checkpoints inside an epoch need Batches, whose order is reproducible, and whole "
            "epochs. Pass Batches to fit and, if the model is not a BertClassifier, to "
            "RunCheckpoint.set_data; or leave out `every_steps` and `every_minutes`."
        )
