"""TensorBoard's event files, written without TensorFlow."""

import json
import os
import time
from collections.abc import Sequence
from typing import Any

from kbert.errors import MachineError
from kbert.trackers.tracked_run import TrackedEnd, TrackedRun
from kbert.trackers.tracker import Step, Tracker

FOLDER = "tensorboard"
_FILES = "events.out.tfevents.*"


class TensorBoardTracker(Tracker):
    """Writes one event file into RUN/tensorboard.

    A resumed run replaces the file with a new one, with all steps of the run so far. The new file
    begins with the mark of a new session, which makes a TensorBoard that is watching drop what it
    has read.

    tensorboardX's `SummaryWriter` writes in a thread whose errors nobody sees, such as a full disk;
    its `RecordWriter` raises them.
    """

    name = "tensorboard"
    label = "TensorBoard"
    package = "tensorboardX"

    def open(self, run: TrackedRun, known: str | None) -> str:
        from tensorboardX import RecordWriter
        from tensorboardX.proto.event_pb2 import SessionLog

        folder = run.folder / FOLDER
        if folder.is_symlink():  # files that are not the run's would be removed
            raise MachineError("{folder} is a link", folder=folder)
        folder.mkdir(exist_ok=True)
        earlier = list(folder.glob(_FILES))
        # Begins like the names of TensorBoard's own writers, so that the newest file comes last.
        path = folder / f"events.out.tfevents.{time.time_ns() // 1000}.{os.getpid()}"
        self._records = RecordWriter(str(path))
        self._write(0, file_version="brain.Event:2")
        self._write(0, session_log=SessionLog(status=SessionLog.START))
        self._text("settings", _table(run), 0)
        for file in earlier:
            file.unlink()
        return str(folder)

    def send(self, steps: Sequence[Step]) -> None:
        from tensorboardX.proto.summary_pb2 import Summary

        for step, values in steps:
            each = [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
            self._write(step, summary=Summary(value=each))
        self._records.flush()

    def close(self, end: TrackedEnd, step: int) -> None:
        self.send([(step, end.scores)])
        self._text("findings", ", ".join(end.findings) or "none", step)
        self._text("status", end.status, step)
        self._records.close()

    def _text(self, tag: str, text: str, step: int) -> None:
        from tensorboardX.summary import text as text_summary

        self._write(step, summary=text_summary(tag, text))

    def _write(self, step: int, **what: Any) -> None:
        from tensorboardX.proto.event_pb2 import Event

        event = Event(wall_time=time.time(), step=step, **what)
        self._records.write(event.SerializeToString())


def _table(run: TrackedRun) -> str:
    """Return the settings of a run in Markdown, as code."""
    pairs = ((n, json.dumps(v, ensure_ascii=False, default=str)) for n, v in run.settings.items())
    return "\n".join(f"    {name} = {value}" for name, value in pairs)
