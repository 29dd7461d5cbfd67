"""Send TensorBoard, W&B or MLflow what a `fit` writes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from kbert.backend.processes import is_first
from kbert.config.tracker_options import tracker_names
from kbert.trackers.find_trackers import find_trackers
from kbert.trackers.log_mirror import LogMirror
from kbert.trackers.tracked_run import TrackedRun


class RunTracker(keras.callbacks.Callback):
    """Sends TensorBoard, W&B or MLflow the rates, losses and scores that a `fit` writes.

    It reads them from files in a folder: learning_rate.csv, which `LearningRateLogger` writes, and
    evaluations.json, which `EpochEvaluation(folder=...)` writes. Both are read in a separate
    thread: nothing is read from the device for a tracker, and a tracker that fails or does not
    respond disturbs no step. TensorBoard's file goes to FOLDER/tensorboard. Each `fit` needs a
    folder of its own.

    Args:
        folder: str or Path.
        report_to: str. "tensorboard", "wandb", "mlflow", or several separated by commas.
            Defaults to "tensorboard".
        name: str or None. What the trackers show. Defaults to None: the folder's name.
        settings: dict or None. Settings of the run that the trackers show too, such as
            `dataclasses.asdict(plan)`. Defaults to None.

    Raises:
        InputError: an unknown tracker, or one whose library is missing.

    Example:

    ```python
    logger = LearningRateLogger("runs/a/learning_rate.csv")
    evaluation = EpochEvaluation(dev=model.batches(dev), folder="runs/a")
    tracker = RunTracker("runs/a", "tensorboard")
    model.fit(batches, epochs=3, callbacks=[logger, evaluation, tracker])
    ```
    """

    takes_tensors = True

    def __init__(
        self,
        folder: str | Path,
        report_to: str = "tensorboard",
        *,
        name: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        path = Path(folder)
        self._names = tracker_names(report_to)
        find_trackers(self._names)
        self._run = TrackedRun(path, name or path.resolve().name, settings or {})
        self._mirror: LogMirror | None = None
        self._writes = is_first()  # one of several processes that train together

    def on_train_begin(self, logs: Any = None) -> None:
        self.close()  # after a fit that failed

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        # By now all callbacks have begun, and written what they begin with.
        if self._mirror is None and self._writes:
            self._run.folder.mkdir(parents=True, exist_ok=True)
            self._mirror = LogMirror(find_trackers(self._names))
            self._mirror.start(self._run)

    def on_train_end(self, logs: Any = None) -> None:
        if self._mirror is not None:
            self._mirror.finish("finished")
            self._mirror = None

    def close(self) -> None:
        """Close the trackers; needed only if `fit` ended with an exception."""
        if self._mirror is not None:
            self._mirror.finish("failed")
            self._mirror = None
