"""A service whose model is a function, called without a network."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np

from kbert import Predictor
from kbert.config import ServeOptions
from kbert.serving.server.app import create_app
from kbert.serving.server.envelope import Envelope
from kbert.serving.server.metrics import Metrics
from kbert.serving.server.served_model import ServedModel
from kbert.serving.server.service import Service

JSON = (("content-type", "application/json"),)


def shares(texts, pairs=None, batch_size=32):
    """The probability of "long" grows with the number of characters."""
    long = np.array([len(text) / (len(text) + 10) for text in texts], np.float32)
    return np.stack([1 - long, long], axis=1)


def model_of(compute=shares, text_pairs=False, target=None, labels=("short", "long")):
    return ServedModel(Predictor(labels, compute, target=target), "reviews", text_pairs, 2)


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json()["error"]


@dataclass
class Server:
    """A service behind its application, and what it has logged."""

    service: Service
    lines: list = field(default_factory=list)
    errors: list = field(default_factory=list)

    def __post_init__(self):
        self.app = Envelope(create_app(self.service), self.service, self.lines.append)
        self.service.log = self.errors.append

    async def ask(self, method, path, body=b"", headers=JSON, chunks=None, gone=None):
        """Send a request as an ASGI server does; `gone` is set when the client disconnects."""
        sent, parts = [], list(chunks or [body])
        ended = gone or asyncio.Event()

        async def receive():
            if parts:
                part = parts.pop(0)
                more = bool(parts)
                return {"type": "http.request", "body": part, "more_body": more}
            await ended.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        pairs = [(name.encode(), value.encode()) for name, value in headers]
        scope = {
            **{"type": "http", "method": method, "path": path, "raw_path": path.encode()},
            **{"query_string": b"", "headers": pairs, "client": ("127.0.0.1", 5), "root_path": ""},
            **{"http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 80)},
        }
        await self.app(scope, receive, send)
        start, *rest = sent
        found = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], found, b"".join(one.get("body", b"") for one in rest))

    async def predict(self, *texts, **more):
        body = json.dumps({"texts": list(texts), **more}).encode()
        return await self.ask("POST", "/predict", body)


@asynccontextmanager
async def serving(model=None, **options):
    """A server inside an event loop; without a model it is still loading."""
    service = Service(ServeOptions(**{"max_wait_ms": 1, **options}), Metrics(), print, at_once=1)
    if model is not None:
        service.use(model)
    batches = asyncio.create_task(service.run())
    try:
        yield Server(service)
    finally:
        batches.cancel()
