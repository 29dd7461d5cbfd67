"""MLflow, through its own library."""

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

from kbert.findings import worded
from kbert.trackers.tracked_run import Status, TrackedEnd, TrackedRun
from kbert.trackers.tracker import Step, Tracker
from kbert.utils.foreign import foreign_input

EXPERIMENT = "kbert"
_REMOTE = ("http:", "https:", "databricks")
_MAX_BATCH = 500  # metrics; MLflow takes 1,000 per request
_MAX_PARAMS = 100  # per request
_MAX_VALUE = 500  # characters of a setting
_STATUS: Mapping[Status, str] = {"finished": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}


class MlflowTracker(Tracker):
    """Logs a run to MLflow, where its library is set to log.

    That is `MLFLOW_TRACKING_URI`, a server, database or folder, and `MLFLOW_EXPERIMENT_NAME`,
    "kbert" by default. A resumed run continues as the same MLflow run: MLflow reports the last step
    that it has of each metric, and only later steps are sent.
    """

    name = "mlflow"
    label = "MLflow"
    package = "mlflow"

    def check(self) -> None:
        super().check()
        with foreign_input("{label} cannot be used: {reason}.", label=self.label):
            from mlflow import MlflowClient

            client = MlflowClient()
            if not client.tracking_uri.startswith(_REMOTE):  # a server may be down for a moment
                client.search_experiments(max_results=1)

    def open(self, run: TrackedRun, known: str | None) -> str:
        from mlflow import MlflowClient

        self._client: Any = MlflowClient()
        self._last: dict[str, int] = {}
        found = None if known is None else self._find(known)
        if found is None:
            tags = {"kbert.run": str(run.folder), "kbert.group": run.group or run.name}
            found = self._client.create_run(self._experiment(), run_name=run.name, tags=tags)
        else:
            self._client.update_run(found.info.run_id, status="RUNNING")
            for key in found.data.metrics:
                history = self._client.get_metric_history(found.info.run_id, key)
                self._last[key] = max(metric.step for metric in history)
        self.id = found.info.run_id
        self._send_settings(run.settings, found.data.params)
        return worded("run {id} in {store}", id=self.id, store=self._client.tracking_uri)

    def send(self, steps: Sequence[Step]) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [
            Metric(key, value, now, step)
            for step, values in steps
            for key, value in values.items()
            if step > self._last.get(key, -1)
        ]
        for start in range(0, len(metrics), _MAX_BATCH):
            self._client.log_batch(self.id, metrics=metrics[start : start + _MAX_BATCH])

    def close(self, end: TrackedEnd, step: int) -> None:
        self.send([(step, end.scores)])
        self._client.set_tag(self.id, "kbert.findings", ", ".join(end.findings) or "none")
        self._client.set_terminated(self.id, _STATUS[end.status])

    def _find(self, known: str) -> Any:
        """Return a run, or None where this MLflow does not have it."""
        from mlflow.exceptions import MlflowException

        try:
            return self._client.get_run(known)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise

    def _experiment(self) -> str:
        """Return the id of the experiment, which is created if it is not there."""
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT)
        found = self._client.get_experiment_by_name(name)
        return str(self._client.create_experiment(name) if found is None else found.experiment_id)

    def _send_settings(self, settings: Mapping[str, Any], known: Mapping[str, str]) -> None:
        """Send the settings that MLflow does not have; it does not change those that it has."""
        from mlflow.entities import Param

        new = [Param(k, str(v)[:_MAX_VALUE]) for k, v in settings.items() if k not in known]
        for start in range(0, len(new), _MAX_PARAMS):
            self._client.log_batch(self.id, params=new[start : start + _MAX_PARAMS])
