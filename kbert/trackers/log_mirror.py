"""Sends trackers what a run's own files contain, while training runs."""

import json
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import copy_context
from dataclasses import replace

from kbert.errors import KbertError
from kbert.findings import Joined, worded
from kbert.trackers.tracked_log import TrackedLog, best_scores
from kbert.trackers.tracked_run import Status, TrackedEnd, TrackedRun
from kbert.trackers.tracker import Step, Tracker
from kbert.utils.files import write_text
from kbert.utils.foreign import foreign_input, reason_of
from kbert.utils.say import say
from kbert.utils.untrusted import MAX_JSON, check_file

IDS = "trackers.json"
"""The file with the ids of a run in its trackers."""
_EVERY = 2.0  # seconds between two looks at the files
_PATIENCE = 60.0  # seconds at the end, for trackers that do not answer
_ID = re.compile(r"[0-9a-f]{16,32}")


class LogMirror:
    """Sends trackers the steps and evaluations that a run's own files contain, while they grow.

    It reads learning_rate.csv and evaluations.json in its own thread, so that a tracker takes part
    in no step: it can neither change a weight nor make training wait for a network. The trackers
    are sent all steps from the first on, and leave out those that they have, so that after a kill
    no step is missing and none is duplicated. If a tracker fails, a message says so, and the
    tracker is left out from then on.

    Args:
        trackers: sequence of Tracker, none of them open. Without any, nothing happens.
    """

    def __init__(self, trackers: Sequence[Tracker]) -> None:
        self._trackers = list(trackers)
        self._is_over = threading.Event()
        self._end = TrackedEnd("failed")
        self._thread: threading.Thread | None = None

    def start(self, run: TrackedRun) -> None:
        """Start with the files as they are, from their first step on."""
        if self._trackers and self._thread is None:
            context = copy_context()  # how much is printed, and in which language
            self._thread = threading.Thread(
                target=context.run, args=(self._work, run), name="trackers", daemon=True
            )
            self._thread.start()

    def finish(self, status: Status, findings: Sequence[str] = ()) -> None:
        """Send what is left and close the trackers; wait a minute at most.

        Args:
            status: "finished", "stopped" or "failed".
            findings: sequence of str. The codes of what was found. Defaults to ().
        """
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._end = TrackedEnd(status, findings=tuple(findings))
        self._is_over.set()
        thread.join(_PATIENCE)
        if thread.is_alive():
            labels = Joined(tracker.label for tracker in self._trackers)
            say(
                worded(
                    "{labels}: no answer for {seconds:.0f} s; the run ends without it.",
                    labels=labels,
                    seconds=_PATIENCE,
                )
            )

    def _work(self, run: TrackedRun) -> None:
        log = TrackedLog(run.folder)
        ids = _read_ids(run)
        self._each(lambda tracker: _open(tracker, run, ids.get(tracker.name)))
        with suppress(OSError, KbertError):
            _write_ids(run, self._trackers)
        while not self._is_over.wait(_EVERY):
            self._send(log.read())
        self._send(log.read(is_over=self._end.status == "finished"))
        end = replace(self._end, scores=best_scores(log.history()))
        self._each(lambda tracker: tracker.close(end, log.batches))

    def _send(self, steps: Sequence[Step]) -> None:
        if steps:
            self._each(lambda tracker: tracker.send(steps))

    def _each(self, do: Callable[[Tracker], object]) -> None:
        """Do something with each tracker, and drop those with which it fails."""
        for tracker in list(self._trackers):
            try:
                do(tracker)
            except Exception as error:
                self._trackers.remove(tracker)
                say(
                    worded(
                        "{label} is left out from here on: {reason}.",
                        label=tracker.label,
                        reason=reason_of(error),
                    )
                )


def _open(tracker: Tracker, run: TrackedRun, known: str | None) -> None:
    say(f"{tracker.label}: {tracker.open(run, known)}")


def _read_ids(run: TrackedRun) -> dict[str, str]:
    """Return the run's ids in its trackers; none if they do not belong to the run as it is now."""
    file = run.folder / IDS
    try:
        check_file(file)
        with foreign_input("{file} cannot be read: {reason}.", file=file):
            if file.stat().st_size > MAX_JSON:
                return {}
            record = json.loads(file.read_text(encoding="utf-8"))
            ids = record["ids"] if record["identity"] == run.identity else {}
            return {name: one for name, one in ids.items() if _ID.fullmatch(one)}
    except (OSError, ValueError):
        return {}


def _write_ids(run: TrackedRun, trackers: Sequence[Tracker]) -> None:
    ids = {tracker.name: tracker.id for tracker in trackers if tracker.id}
    if ids:
        record = {"identity": run.identity, "ids": ids}
        write_text(run.folder / IDS, json.dumps(record, indent=2) + "\n")
