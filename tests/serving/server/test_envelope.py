"""The id, the log line and the metrics of a request; failures outside the model."""

import asyncio
import json
import re

from serving.server.fake_server import JSON, model_of, serving

from kbert.serving.server.service import Service


def test_an_id_is_kept_or_created(one_request):
    for sent, kept in (("abc-1.2_3", True), ("a b", False), ("x" * 65, False), ("ä", False)):
        headers = (*JSON, ("x-request-id", sent))
        answer, server = one_request("GET", "/nothing", headers=headers)
        found = answer.headers["x-request-id"]
        assert answer.json()["request_id"] == found
        assert (found == sent) == kept
        assert kept or re.fullmatch("[0-9a-f]{32}", found)
        assert server.lines[0].endswith(f" id={found}")


def test_the_log_contains_no_text():
    async def run():
        async with serving(model_of()) as server:
            await server.predict("a private text")
            await server.predict("a private text", 7)
            await server.ask("GET", "/predict/a-private-text")
            await server.ask("PRIVATE", "/health")
            return server

    server = asyncio.run(run())
    assert len(server.lines) == 4
    assert not [line for line in server.lines if "private" in line.lower()]
    assert [line.split()[2:5] for line in server.lines] == [
        ["POST", "/predict", "200"],
        ["POST", "/predict", "422"],
        ["GET", "other", "404"],
        ["other", "/health", "405"],
    ]


def test_exceptions_of_the_application_become_json(monkeypatch):
    async def fail(*arguments):
        raise RuntimeError("a private text")

    monkeypatch.setattr(Service, "predict", fail)

    async def run():
        async with serving(model_of()) as server:
            return await server.predict("a private text"), server

    answer, server = asyncio.run(run())
    assert answer.status == 500
    assert answer.error == {"code": "failed", "message": "The server failed; its log says more."}
    assert b"private" not in answer.body
    assert [type(error) for error in server.errors] == [RuntimeError]
    assert server.service.active == 0


def test_metrics():
    async def run():
        async with serving(model_of()) as server:
            await asyncio.gather(*map(server.predict, "abc"))
            await server.predict(7)
            await server.ask("GET", "/a/path/of/anybody")
            return await server.ask("GET", "/metrics")

    answer = asyncio.run(run())
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.body.decode().splitlines()
    for line in (
        'kbert_requests_total{path="/predict",status="200"} 3.0',
        'kbert_requests_total{path="/predict",status="422"} 1.0',
        'kbert_requests_total{path="other",status="404"} 1.0',
        'kbert_request_seconds_count{path="/predict"} 4.0',
        "kbert_texts_total 3.0",
        "kbert_batch_texts_sum 3.0",
        "kbert_batch_texts_count 1.0",
        "kbert_queue_texts 0.0",
    ):
        assert line in lines
    (model,) = [line for line in lines if line.startswith("kbert_model_info")]
    assert 'model="reviews",target="single"' in model


def test_after_a_reload_metrics_name_only_the_new_model():
    async def run():
        async with serving(model_of()) as server:
            for model in (model_of(), model_of(labels=("x", "y"))):
                server.service.use(model)
            return (await server.ask("GET", "/metrics")).body.decode()

    lines = [one for one in asyncio.run(run()).splitlines() if one.startswith("kbert_model_info")]
    assert [line.rpartition(" ")[2] for line in lines] == ["1.0"]


def test_error_bodies_match_the_schema(one_request):
    from kbert.serving.server.bodies import ErrorAnswer

    for path, body in (("/predict", b"{"), ("/predict", b'{"texts": [1]}'), ("/x", b"")):
        answer, _ = one_request("POST", path, body)
        ErrorAnswer.model_validate(json.loads(answer.body))
