"""Computes requests that arrive together in one batch."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol


class Computes(Protocol):
    """A model that returns one row of outputs for each text."""

    def compute(self, texts: Sequence[str], pairs: Sequence[str] | None) -> Any:
        """Return the outputs of a batch, a row for each text."""


class QueueFull(Exception):
    """Too many texts are waiting, so no more are accepted."""


class ComputeFailed(Exception):
    """The model could not compute the texts of one request; `__cause__` says why."""


@dataclass(eq=False)
class _Job:
    """The texts of a waiting request."""

    model: Computes
    texts: Sequence[str]
    pairs: Sequence[str] | None
    arrived: float
    answer: asyncio.Future[Any]

    def goes_with(self, other: "_Job") -> bool:
        return self.model is other.model and (self.pairs is None) == (other.pairs is None)


class MicroBatcher:
    """Computes requests in the order in which they arrive, those that arrive together in one batch.

    A batch starts when it is full, or when its first request has waited for `max_wait`; a request
    is never split. While `at_once` batches are computed, each in its own thread, the next requests
    gather. After a request that was alone, the next one does not wait: there are no others to wait
    for. If a batch fails, each of its requests is computed alone, so that only the requests that
    cause the failure fail. A request that is cancelled before its batch starts is not computed.

    Args:
        batch_size: int. Texts per batch; a request with more is a batch of its own.
        max_wait: float. Seconds.
        max_queue: int. Texts that may wait.
        at_once: int. Batches that are computed side by side. Defaults to 1.
        on_batch: function of the number of texts of a batch that has been computed.
        on_queue: function of the number of texts that wait, called when it changes.
    """

    def __init__(
        self,
        batch_size: int,
        max_wait: float,
        max_queue: int,
        at_once: int = 1,
        on_batch: Callable[[int], object] = lambda texts: None,
        on_queue: Callable[[int], object] = lambda texts: None,
    ) -> None:
        self._batch_size = batch_size
        self._max_wait = max_wait
        self._max_queue = max_queue
        self._on_batch = on_batch
        self._on_queue = on_queue
        self._jobs: deque[_Job] = deque()
        self._arrival = asyncio.Event()
        self._is_alone = False
        self._free = asyncio.Semaphore(at_once)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="compute")

    @property
    def waiting(self) -> int:
        """The number of texts that wait."""
        return sum(len(job.texts) for job in self._jobs)

    async def submit(
        self, model: Computes, texts: Sequence[str], pairs: Sequence[str] | None = None
    ) -> Any:
        """Return the outputs of texts, once their batch is computed.

        Raises:
            QueueFull: there is no room for this many texts.
            ComputeFailed: the model raised an exception for them.
        """
        if self.waiting + len(texts) > self._max_queue:
            raise QueueFull
        loop = asyncio.get_running_loop()
        job = _Job(model, texts, pairs, loop.time(), loop.create_future())
        self._jobs.append(job)
        self._on_queue(self.waiting)
        self._arrival.set()
        try:
            return await job.answer
        finally:
            if job in self._jobs:  # cancelled
                self._jobs.remove(job)
                self._on_queue(self.waiting)

    async def run(self) -> None:
        """Compute batches until this task is cancelled."""
        async with asyncio.TaskGroup() as running:
            while True:
                await self._free.acquire()
                await self._gather()
                running.create_task(self._finish(self._take()))

    async def _finish(self, batch: Sequence[_Job]) -> None:
        try:
            await self._compute(batch)
        finally:
            self._is_alone = len(batch) == 1 and not self._jobs
            self._free.release()

    async def _gather(self) -> None:
        """Wait until there is a batch to compute."""
        now = asyncio.get_running_loop().time
        while not self._jobs or self.waiting < self._batch_size:
            wait = 0.0 if self._is_alone else self._max_wait
            left = self._jobs[0].arrived + wait - now() if self._jobs else None
            if left is not None and left <= 0:
                return
            self._arrival.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._arrival.wait()

    def _take(self) -> list[_Job]:
        batch = [self._jobs.popleft()]
        size = len(batch[0].texts)
        while self._jobs and self._jobs[0].goes_with(batch[0]):
            size += len(self._jobs[0].texts)
            if size > self._batch_size:
                break
            batch.append(self._jobs.popleft())
        self._on_queue(self.waiting)
        return batch

    async def _compute(self, batch: Sequence[_Job]) -> None:
        """Answer the requests of a batch that are not cancelled."""
        batch = [job for job in batch if not job.answer.done()]
        if not batch:
            return
        loop = asyncio.get_running_loop()
        rows, error = await loop.run_in_executor(self._threads, _rows_or_error, batch)
        if error is None:
            self._on_batch(len(rows))
            _hand_out(rows, batch)
        elif len(batch) > 1:
            for job in batch:
                await self._compute([job])
        elif not batch[0].answer.done():
            failed = ComputeFailed()
            failed.__cause__ = error
            batch[0].answer.set_exception(failed)


def _rows_or_error(batch: Sequence[_Job]) -> tuple[Any, BaseException | None]:
    """Return what the model computes for a batch, or what it raised."""
    texts = [text for job in batch for text in job.texts]
    pairs = [text for job in batch for text in job.pairs or ()]
    try:
        rows = batch[0].model.compute(texts, None if batch[0].pairs is None else pairs)
        if len(rows) != len(texts):
            raise ValueError("the model returned another number of rows")
        return rows, None
    except BaseException as error:  # a panic of a Rust library is not an Exception
        return None, error


def _hand_out(rows: Any, batch: Sequence[_Job]) -> None:
    start = 0
    for job in batch:
        end = start + len(job.texts)
        if not job.answer.done():
            job.answer.set_result(rows[start:end])
        start = end
