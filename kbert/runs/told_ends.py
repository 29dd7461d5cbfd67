"""What ends one of several processes also ends the others, with the same message.

A process that waits for others in a computation cannot be interrupted, so a thread ends it. Before
it ends, a process reports why; JAX's heartbeats detect one that is lost.
"""

import contextlib
import contextvars
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from kbert.backend import processes
from kbert.errors import KbertError, MachineError
from kbert.findings import worded
from kbert.runs.stop_signals import status_of
from kbert.utils.lasting_stream import LastingStream
from kbert.utils.say import say

_POLL = 0.5  # seconds
_LEAVES_LAST = 2.0  # seconds
_HEARD_WITHIN = 5.0  # seconds for which a process that ends waits for the others


@contextmanager
def ending_together() -> Iterator[None]:
    """Run the block in all processes, and leave it when all have finished."""
    with telling_ends():
        yield
        processes.barrier("end")


@contextmanager
def telling_ends() -> Iterator[None]:
    """Tell the other processes what ends this one, and end this one with what ends another."""
    if not processes.is_joined():
        yield
        return
    over = threading.Event()
    # In the words and the language of this surface.
    listen = partial(contextvars.copy_context().run, _listen, over)
    threading.Thread(target=listen, name="told-ends", daemon=True).start()
    try:
        yield
    except KbertError as error:
        over.set()
        _tell(str(error), 1 if isinstance(error, MachineError) else 2)
        raise
    except Exception as error:
        over.set()
        if _is_of_others(error):
            # JAX soon ends this process too, and reports which other process is lost.
            time.sleep(1.5 * processes.HEARTBEAT)
            raise MachineError("Another process is lost: {error}", error=str(error)) from error
        _tell(f"{type(error).__name__}: {error}", 1)
        raise
    except KeyboardInterrupt as stop:
        over.set()
        if _all_stop():
            _leave_together()
        else:
            _tell(worded("it was stopped"), status_of(stop))
        raise
    finally:
        over.set()


def _is_of_others(error: BaseException) -> bool:
    """Whether a computation has failed because another process is gone."""
    text = str(error)
    return any(word in text for word in ("Gloo", "NCCL", "oordination"))


def _all_stop() -> bool:
    """Whether all processes stop after the same batch, as agreed by `AgreedStop`."""
    try:
        return bool(processes.told("stop-at"))
    except Exception:
        return True  # process 0 has left, and nobody can be told any more


def _leave_together() -> None:
    """Leave, process 0 last: the others still send their requests to it."""
    with contextlib.suppress(Exception):
        processes.tell(f"left/{processes.process_index()}", "")
        if processes.is_first():
            _wait_for_all("left")
    _let_others_leave()


def _tell(sentence: str, status: int) -> None:
    """Tell the other processes why this one ends, and wait until they have heard."""
    with contextlib.suppress(Exception):
        processes.tell(
            f"ended/{processes.process_index()}", json.dumps({"why": sentence, "status": status})
        )
        _wait_for_all("heard", "ended")  # one that ends by itself no longer listens
    _let_others_leave()


def _wait_for_all(*keys: str) -> None:
    """Wait, up to a limit, until each process has told something under one of these keys."""
    until = time.monotonic() + _HEARD_WITHIN
    while time.monotonic() < until:
        if len({name for key in keys for name in processes.told(key)}) >= processes.process_count():
            return
        time.sleep(_POLL / 5)


def _let_others_leave() -> None:
    """Wait in process 0: when it ends, so do JAX's service and all processes still there."""
    if processes.is_first():
        time.sleep(_LEAVES_LAST)


def _listen(over: threading.Event) -> None:
    with contextlib.suppress(Exception):  # without process 0 JAX ends the process
        while not over.wait(_POLL):
            ended = processes.told("ended")
            if not ended:
                continue
            number = min(ended, key=int)
            record = json.loads(ended[number])
            processes.tell(f"heard/{processes.process_index()}", "")
            say(
                "kbert: "
                + worded(
                    "process {number} of {processes} has ended: {why}",
                    number=number,
                    processes=processes.process_count(),
                    why=record["why"],
                ),
                level=0,
                to="stderr",
            )
            LastingStream("stderr").flush()
            _let_others_leave()
            os._exit(record["status"])
