"""What each request gets around its answer: an id, a line in the log, a count."""

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kbert.serving.server.service import Service

_ID = re.compile(rb"[\w.-]{1,64}", re.ASCII)
_PATHS = ("/predict", "/health", "/metrics", "/openapi.json")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
GONE = 499
"""The status, in the log alone, of a request whose client has gone."""


class Envelope:
    """Gives each request an id, in the header X-Request-ID, and writes a line when it is answered.

    An id that a client sends is kept if it has at most 64 letters, digits and marks. What the
    application raises is logged, without its message unless `--verbose` asks for it. No other line
    contains a part of a request that could be a text: no path or method that does not exist, and no
    query.

    Args:
        app: the application.
        service: Service.
        write: function of a line of the request log.
    """

    def __init__(self, app: ASGIApp, service: Service, write: Callable[[str], object]) -> None:
        self._app = app
        self._service = service
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        state = scope.setdefault("state", {})
        state["request_id"] = request_id = _request_id(scope)
        status: list[int] = []

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])
                headers = [*message["headers"], (b"x-request-id", request_id.encode())]
                if self._service.state == "stopping":
                    headers.append((b"connection", b"close"))
                message = {**message, "headers": headers}
            await send(message)

        self._service.active += 1
        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:  # the application has answered it
            self._service.log(error)
        finally:
            self._service.active -= 1
            told = state.get("status", status[0] if status else GONE)
            self._tell(scope, told, time.perf_counter() - started)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        path = scope["path"] if scope["path"] in _PATHS else "other"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._service.metrics.count_request(path, status, seconds)
        client = (scope.get("client") or ("-",))[0]
        texts: Any = scope["state"].get("texts", "-")
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._write(
            f"{moment} {client} {method} {path} {status} texts={texts} "
            f"ms={1000 * seconds:.1f} id={scope['state']['request_id']}"
        )


def _request_id(scope: Scope) -> str:
    """Return the id that the client has sent, if it is valid, or a new one."""
    sent = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return sent.decode() if _ID.fullmatch(sent) else uuid.uuid4().hex
