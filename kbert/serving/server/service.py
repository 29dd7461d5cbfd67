"""What a server does, apart from HTTP: its model, its queue, and whether it takes requests."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Literal

from kbert.config import ServeOptions
from kbert.errors import InputError
from kbert.serving.server.metrics import Metrics
from kbert.serving.server.micro_batcher import ComputeFailed, MicroBatcher, QueueFull
from kbert.serving.server.read_request import read_request
from kbert.serving.server.refusal import RETRY, Refusal
from kbert.serving.server.served_model import ServedModel

# Batches: one is computed while the answers of the other are sent and its clients ask again.
_AT_ONCE = 2

State = Literal["loading", "ready", "stopping"]


class Service:
    """Answers requests with a model, which may be replaced while the service runs.

    Each request is computed by the model that it was checked against.

    Args:
        options: ServeOptions.
        metrics: Metrics.
        log: function of the exception of a batch that failed.
        at_once: int. Batches that are computed side by side. Defaults to 2.
    """

    def __init__(
        self,
        options: ServeOptions,
        metrics: Metrics,
        log: Callable[[BaseException], object],
        at_once: int = _AT_ONCE,
    ) -> None:
        self.options = options
        self.metrics = metrics
        self.log = log
        self.active = 0
        self.model: ServedModel | None = None
        self._stopping = False
        self._batcher = MicroBatcher(
            options.batch_size,
            options.max_wait_ms / 1000,
            options.max_queue,
            at_once=at_once,
            on_batch=metrics.count_batch,
            on_queue=metrics.set_queue,
        )

    @property
    def state(self) -> State:
        """Whether requests are answered: "loading", "ready" or "stopping"."""
        if self._stopping:
            return "stopping"
        return "loading" if self.model is None else "ready"

    def use(self, model: ServedModel) -> None:
        """Answer with a model from now on."""
        self.model = model
        self.metrics.set_model(model.name, model.predictor.target.kind)

    async def run(self) -> None:
        """Compute batches until this task is cancelled."""
        await self._batcher.run()

    async def stop(self, seconds: float) -> int:
        """Accept no more requests, wait until the others are answered; return how many are not."""
        self._stopping = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.active:
                    await asyncio.sleep(0.01)
        return self.active

    def check_ready(self) -> ServedModel:
        """Return the model, or raise Refusal where no requests are answered."""
        if self._stopping:
            raise Refusal(503, "stopping", "The server stops.", RETRY)
        if self.model is None:
            raise Refusal(503, "loading", "The model is not loaded yet.", RETRY)
        return self.model

    async def predict(self, body: bytes, told: Callable[[int], object]) -> list[dict[str, Any]]:
        """Return the predictions for the body of a request.

        Args:
            body: bytes. JSON.
            told: function that is given the number of texts, for the log.

        Raises:
            Refusal: the server is not ready, the queue is full, or the body is invalid.
        """
        model = self.check_ready()
        asked = read_request(body, self.options.max_texts)
        told(len(asked.texts))
        try:
            model.check(asked.pairs, asked.abstain, asked.top_k)
        except InputError as error:
            raise Refusal.of(error) from None
        try:
            rows = await self._batcher.submit(model, asked.texts, asked.pairs)
        except QueueFull:
            waiting = self._batcher.waiting
            message = f"{waiting:,} texts wait, and the queue takes {self.options.max_queue:,}."
            raise Refusal(429, "queue_full", message, RETRY) from None
        except ComputeFailed as error:
            self.log(error.__cause__ or error)
            message = "The model could not compute these texts; the server's log says more."
            raise Refusal(500, "failed", message) from None
        return model.records(rows, asked.abstain, asked.top_k)
