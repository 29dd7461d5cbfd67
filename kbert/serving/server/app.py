"""The HTTP interface of a server."""

import asyncio
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from kbert import __version__
from kbert.serving.server.bodies import ErrorAnswer, Health, Predictions
from kbert.serving.server.envelope import GONE
from kbert.serving.server.openapi import openapi, request_body
from kbert.serving.server.refusal import Refusal, too_large
from kbert.serving.server.service import Service

_SECONDS_OF_A_BODY = 30.0
_CODES = {404: "not_found", 405: "method_not_allowed"}
_MESSAGES = {
    404: "There is no such path. There are /predict, /health, /metrics and /openapi.json.",
}
_ERRORS = {
    408: "The body did not arrive in time.",
    413: "The body has too many bytes, or too many texts.",
    415: "The body is not declared as application/json, or is compressed.",
    422: "The body is not as it should be.",
    429: "Too many texts wait.",
    500: "The model could not compute these texts.",
    503: "The server loads its model, or stops.",
}


def create_app(service: Service) -> FastAPI:
    """Return the application that answers for a service.

    Args:
        service: Service.
    """
    app = FastAPI(
        title="kbert serve",
        version=__version__,
        description="Labels texts with one model.",
        docs_url=None,  # the pages would load scripts from another host
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _failed)
    generic = app.openapi
    app.openapi = lambda: openapi(generic(), service)  # type: ignore[method-assign]

    @app.post(
        "/predict",
        response_model=Predictions,
        responses={status: _error(text) for status, text in _ERRORS.items()},
        openapi_extra={"requestBody": request_body()},
    )
    async def predict(request: Request) -> Response:
        """Label texts."""
        service.check_ready()  # before a body is read
        try:
            body = await _read(request, service.options.max_bytes)
        except ClientDisconnect:
            return _no_answer(request)
        work = asyncio.ensure_future(
            service.predict(body, lambda texts: setattr(request.state, "texts", texts))
        )
        gone = asyncio.ensure_future(_gone(request))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                return _no_answer(request)
            return JSONResponse({"predictions": work.result()})
        finally:
            work.cancel()
            gone.cancel()

    @app.get("/health", response_model=Health, responses={503: {"model": Health}})
    async def health() -> Response:
        """Report whether the server answers requests."""
        name = None if service.model is None else service.model.name
        status = 200 if service.state == "ready" else 503
        return JSONResponse({"status": service.state, "model": name}, status)

    # Some load balancers check with HEAD.
    app.add_api_route("/health", health, methods=["HEAD"], include_in_schema=False)

    @app.get("/metrics", response_class=Response, responses={200: {"content": _PLAIN}})
    async def metrics() -> Response:
        """Return the metrics for Prometheus."""
        return Response(service.metrics.text(), media_type=service.metrics.content_type)

    return app


_PLAIN: dict[str, Any] = {"text/plain": {"schema": {"type": "string"}}}


def _error(text: str) -> dict[str, Any]:
    return {"model": ErrorAnswer, "description": text}


async def _read(request: Request, limit: int) -> bytes:
    """Return the body, or raise Refusal for one that is too large, too slow, or not JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" or request.headers.get("content-encoding", "identity") != (
        "identity"
    ):
        raise Refusal(415, "not_json", "Send the body as application/json, not compressed.")
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > limit:
        raise too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(_SECONDS_OF_A_BODY):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise too_large(limit)
    except TimeoutError:
        message = f"The body did not arrive within {_SECONDS_OF_A_BODY:.0f} seconds."
        raise Refusal(408, "too_slow", message, {"Connection": "close"}) from None
    return bytes(body)


async def _gone(request: Request) -> None:
    """Return when the client has closed its connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _no_answer(request: Request) -> Response:
    request.state.status = GONE
    return Response(status_code=GONE)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return JSONResponse(error.body(request.state.request_id), error.status, error.headers)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "failed")
    message = _MESSAGES.get(error.status_code, "The request could not be answered.")
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        message = f"{request.url.path} takes {allowed}, not {request.method}."
    refusal = Refusal(error.status_code, code, message, error.headers)
    return await _refused(request, refusal)


async def _failed(request: Request, error: Exception) -> Response:
    refusal = Refusal(500, "failed", "The server failed; its log says more.")
    return await _refused(request, refusal)
