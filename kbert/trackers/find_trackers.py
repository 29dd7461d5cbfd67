"""The trackers by name."""

from collections.abc import Iterable

from kbert.choices import TrackerName
from kbert.trackers.mlflow_tracker import MlflowTracker
from kbert.trackers.tensorboard_tracker import TensorBoardTracker
from kbert.trackers.tracker import Tracker
from kbert.trackers.wandb_tracker import WandbTracker

_TRACKERS: dict[TrackerName, type[Tracker]] = {
    "tensorboard": TensorBoardTracker,
    "wandb": WandbTracker,
    "mlflow": MlflowTracker,
}


def find_trackers(names: Iterable[TrackerName]) -> list[Tracker]:
    """Return trackers that can be used, none of them open.

    Raises:
        InputError: the library of one is missing or broken, or it has no key.
    """
    trackers = [_TRACKERS[name]() for name in names]
    for tracker in trackers:
        tracker.check()
    return trackers
