"""Requests and their answers, without a network."""

import asyncio
import json
import threading

import numpy as np
import pytest
from serving.server.fake_server import JSON, model_of, serving, shares

from kbert.serving.prediction_cells import record
from kbert.targets.multi import Multi
from kbert.targets.regression import Regression


def held_compute():
    """A computation that sets the first event when it begins, and waits for the second."""
    begun, go = threading.Event(), threading.Event()

    def compute(texts, pairs, size):
        begun.set()
        assert go.wait(10)
        return shares(texts)

    return begun, go, compute


def body(**fields):
    return json.dumps(fields).encode()


def test_answers_match_the_predictor(one_request):
    model = model_of()
    texts = ["a", "a longer text than the other"]
    answer, server = one_request("POST", "/predict", body(texts=texts), model=model)
    assert answer.status == 200
    expected = [record(one) for one in model.predictor.predict(texts)]
    assert answer.json() == {"predictions": expected}
    assert [one["label"] for one in answer.json()["predictions"]] == ["short", "long"]
    (line,) = server.lines
    assert " 127.0.0.1 POST /predict 200 texts=2 ms=" in line


def test_top_k_and_abstain(one_request):
    asked = body(texts=["a", "a long text of words"], abstain=0.9, top_k=1)
    answer, _ = one_request("POST", "/predict", asked)
    one, other = answer.json()["predictions"]
    assert (one["label"], one["abstained"]) == ("short", False)
    assert (other["label"], other["abstained"]) == (None, True)
    assert list(one["probabilities"]) == ["short"]
    assert list(other["probabilities"]) == ["long"]
    answer, _ = one_request("POST", "/predict", body(texts=["a"], abstain={"long": 1}, top_k=9))
    (one,) = answer.json()["predictions"]
    assert (one["label"], list(one["probabilities"])) == ("short", ["short", "long"])


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (Multi(), {"labels": ["long"], "probabilities": {"short": 0.4, "long": 0.6}}),
        (Regression(), {"values": {"short": 0.4, "long": 0.6}}),
    ],
    ids=["multi", "numbers"],
)
def test_other_targets(target, expected, one_request):
    def compute(texts, pairs, size):
        return np.array([[0.4, 0.6]] * len(texts))

    model = model_of(compute, target=target)
    answer, _ = one_request("POST", "/predict", body(texts=["a"]), model=model)
    assert answer.json()["predictions"] == [expected]
    answer, _ = one_request("POST", "/predict", body(texts=["a"], abstain=0.5), model=model)
    assert (answer.status, answer.error["field"]) == (422, "abstain")


def test_pairs(one_request):
    seen = []

    def compute(texts, pairs, size):
        seen.append((list(texts), pairs))
        return shares(texts)

    model = model_of(compute, text_pairs=True)
    answer, _ = one_request("POST", "/predict", body(texts=["a"], pairs=["b"]), model=model)
    assert answer.status == 200
    assert seen == [(["a"], ["b"])]
    answer, _ = one_request("POST", "/predict", body(texts=["a"]), model=model)
    assert answer.error["message"] == (
        "The model was trained on text pairs: give the second texts as `pairs`."
    )
    answer, _ = one_request("POST", "/predict", body(texts=["a"], pairs=["b", "c"]), model=model)
    assert answer.error["message"].endswith("must have the same length. Received: 1 and 2")


@pytest.mark.parametrize(
    ("sent", "message", "where"),
    [
        ({"texts": ["a", 7]}, "Received at position 1: a number (7).", ("texts", 1, "7")),
        ({"texts": ["a", None]}, "position 1: missing (None)", ("texts", 1, "None")),
        ({"texts": ["a", " \u200b"]}, "position 1: an empty text", ("texts", 1, " \u200b")),
        ({"texts": ["a", ["b"]]}, "position 1: a list (['b'])", ("texts", 1, "['b']")),
        (
            {"texts": "a"},
            "`texts` must be a list of one or more texts. Received: a str",
            ("texts", None, "'a'"),
        ),
        (
            {"texts": []},
            "`texts` must be a list of one or more texts. Received: a list",
            ("texts", None, "[]"),
        ),
        ({"text": ["a"]}, "The body has no field `texts`.", ("texts", None, None)),
        ({"texts": ["a"], "topk": 1}, "There is no field 'topk'.", ("topk", None, None)),
        ({"texts": ["a"], "top_k": 0}, "`top_k`: Input should be greater", ("top_k", None, "0")),
        ({"texts": ["a"], "top_k": True}, "`top_k`: Input", ("top_k", None, "True")),
        ({"texts": ["a"], "abstain": 2}, "`abstain`: Input", ("abstain", None, "2")),
        (
            {"texts": ["a"], "abstain": {"x": 2}},
            "`abstain` of 'x': Input sh",
            ("abstain", None, "2"),
        ),
        ({"texts": ["a"], "abstain": {"tall": 1}}, "'tall' is not one of", ("abstain", None, None)),
        ({"texts": ["a"], "pairs": ["b"]}, "leave `pairs` out", ("pairs", None, None)),
        ([], "The body must be a JSON object. Received: a list ([])", (None, None, None)),
    ],
)
def test_invalid_content_is_refused(sent, message, where, one_request):
    answer, _ = one_request("POST", "/predict", json.dumps(sent).encode())
    assert (answer.status, answer.error["code"]) == (422, "invalid_content")
    assert message in answer.error["message"]
    found = [answer.error.get(name) for name in ("field", "index", "received")]
    assert found == list(where)


@pytest.mark.parametrize("sent", [b"", b"{", b"\xff", b"[" * 9999, b'{"texts": ["\\ud800"]}'])
def test_invalid_json_is_refused(sent, one_request):
    answer, _ = one_request("POST", "/predict", sent)
    assert answer.status == 422
    assert answer.error["message"].startswith("The body must be JSON in UTF-8: ")


def test_limits(one_request):
    answer, _ = one_request("POST", "/predict", body(texts=["a"] * 3), max_texts=2)
    assert (answer.status, answer.error["code"]) == (413, "too_many_texts")
    assert answer.error["message"] == "A request must have at most 2 texts. Received: 3"
    large = body(texts=["a" * 50])
    answer, _ = one_request("POST", "/predict", large, max_bytes=50)
    assert (answer.status, answer.error["code"]) == (413, "too_large")
    declared = (*JSON, ("content-length", "51"))
    answer, _ = one_request("POST", "/predict", b"", declared, max_bytes=50)
    assert (answer.status, answer.headers["connection"]) == (413, "close")


def test_a_body_in_parts_is_counted_as_it_arrives():
    async def run():
        async with serving(model_of(), max_bytes=50) as server:
            parts = [b'{"texts": ["', b"a" * 20, b'"]}']
            answer = await server.ask("POST", "/predict", chunks=parts)
            assert answer.status == 200
            parts = [b"a" * 30] * 3
            return await server.ask("POST", "/predict", chunks=parts)

    assert asyncio.run(run()).status == 413


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("content-type", "text/plain"),),
        (("content-type", "application/x-www-form-urlencoded"),),
        (*JSON, ("content-encoding", "gzip")),
    ],
)
def test_bodies_not_declared_as_json_are_refused(headers, one_request):
    answer, _ = one_request("POST", "/predict", body(texts=["a"]), headers)
    assert (answer.status, answer.error["code"]) == (415, "not_json")


def test_a_body_that_never_arrives_times_out(monkeypatch):
    monkeypatch.setattr("kbert.serving.server.app._SECONDS_OF_A_BODY", 0.01)

    async def slow():
        async with serving(model_of()) as server:
            never = asyncio.Event()

            async def receive():
                await never.wait()

            sent = []

            async def send(message):
                sent.append(message)

            scope = {
                **{"type": "http", "method": "POST", "path": "/predict", "query_string": b""},
                **{"headers": [(b"content-type", b"application/json")], "root_path": ""},
            }
            await server.app(scope, receive, send)
            return sent[0]["status"], server.lines

    status, (line,) = asyncio.run(slow())
    assert (status, " - POST /predict 408 " in line) == (408, True)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/docs", 404, "not_found"),
        ("POST", "/predict/", 404, "not_found"),
        ("GET", "/predict", 405, "method_not_allowed"),
        ("DELETE", "/health", 405, "method_not_allowed"),
    ],
)
def test_other_paths_and_methods(method, path, status, code, one_request):
    answer, _ = one_request(method, path)
    assert (answer.status, answer.error["code"]) == (status, code)
    assert ("allow" in answer.headers) == (status == 405)
    if status == 405:
        assert f"takes {answer.headers['allow']}, not {method}." in answer.error["message"]


def test_health_answers_head_requests(one_request):
    answer, _ = one_request("HEAD", "/health")
    assert answer.status == 200


def test_health_while_it_loads_and_stops():
    async def run():
        async with serving() as server:
            states = [await server.ask("GET", "/health")]
            refused = [await server.predict("a")]
            server.service.use(model_of())
            states.append(await server.ask("GET", "/health"))
            assert (await server.predict("a")).status == 200
            assert await server.service.stop(1) == 0
            states.append(await server.ask("GET", "/health"))
            refused.append(await server.predict("a"))
            return states, refused

    states, refused = asyncio.run(run())
    assert [(one.status, one.json()) for one in states] == [
        (503, {"status": "loading", "model": None}),
        (200, {"status": "ready", "model": "reviews"}),
        (503, {"status": "stopping", "model": "reviews"}),
    ]
    assert [(one.status, one.error["code"]) for one in refused] == [
        (503, "loading"),
        (503, "stopping"),
    ]
    assert [one.headers["retry-after"] for one in refused] == ["1", "1"]
    assert refused[1].headers["connection"] == "close"


def test_accepted_requests_are_answered_before_it_stops():
    begun, go, compute = held_compute()

    async def run():
        async with serving(model_of(compute)) as server:
            asked = [asyncio.create_task(server.predict(text)) for text in "ab"]
            await asyncio.to_thread(begun.wait, 10)
            stopping = asyncio.create_task(server.service.stop(10))
            await asyncio.sleep(0.02)
            assert not stopping.done()
            late = await server.predict("c")
            go.set()
            assert await stopping == 0
            return [one.result().status for one in asked], late.status

    assert asyncio.run(run()) == ([200, 200], 503)


def test_a_full_queue():
    begun, go, compute = held_compute()

    async def run():
        async with serving(model_of(compute), max_queue=2, max_texts=2) as server:
            first = asyncio.create_task(server.predict("a"))
            await asyncio.to_thread(begun.wait, 10)
            second = asyncio.create_task(server.predict("b", "c"))
            await asyncio.sleep(0.01)
            refused = await server.predict("d")
            go.set()
            return (await first).status, (await second).status, refused

    first, second, refused = asyncio.run(run())
    assert (first, second, refused.status) == (200, 200, 429)
    assert refused.headers["retry-after"] == "1"
    assert refused.error["message"] == "2 texts wait, and the queue takes 2."


def test_a_disconnected_client_s_request_is_not_computed():
    begun, go, seen = threading.Event(), threading.Event(), []

    def compute(texts, pairs, size):
        seen.extend(texts)
        begun.set()
        assert go.wait(10)
        return shares(texts)

    async def run():
        async with serving(model_of(compute)) as server:
            first = asyncio.create_task(server.predict("a"))
            await asyncio.to_thread(begun.wait, 10)
            gone = asyncio.Event()
            sent = body(texts=["b"])
            second = asyncio.create_task(server.ask("POST", "/predict", sent, gone=gone))
            await asyncio.sleep(0.01)
            gone.set()
            await second
            go.set()
            assert (await first).status == 200
            assert (await server.predict("c")).status == 200
            return server.lines

    lines = asyncio.run(run())
    assert seen == ["a", "c"]
    assert [line.split()[4] for line in lines] == ["499", "200", "200"]


def test_a_failing_batch_is_one_error_and_no_traceback():
    def compute(texts, pairs, size):
        if "secret" in texts:
            raise RuntimeError("cannot compute secret")
        return shares(texts)

    async def run():
        async with serving(model_of(compute)) as server:
            answers = await asyncio.gather(*map(server.predict, ("a", "secret", "b")))
            return answers, server

    answers, server = asyncio.run(run())
    assert [one.status for one in answers] == [200, 500, 200]
    assert answers[1].error == {
        "code": "failed",
        "message": "The model could not compute these texts; the server's log says more.",
    }
    assert [type(error) for error in server.errors] == [RuntimeError]


def test_a_model_that_computes_nan_is_an_error(one_request):
    def compute(texts, pairs, size):
        return np.full((len(texts), 2), np.nan, np.float32)

    answer, _ = one_request("POST", "/predict", body(texts=["a"]), model=model_of(compute))
    assert (answer.status, answer.error["code"]) == (500, "failed")


def test_a_request_is_computed_by_the_model_that_checked_it():
    begun, go, compute = held_compute()

    async def run():
        async with serving(model_of(compute)) as server:
            first = asyncio.create_task(server.predict("a"))
            await asyncio.to_thread(begun.wait, 10)
            second = asyncio.create_task(server.predict("b", abstain={"short": 0.1}))
            await asyncio.sleep(0.01)
            server.service.use(model_of(labels=("brief", "other")))
            third = asyncio.create_task(server.predict("c"))
            await asyncio.sleep(0.01)
            go.set()
            return [(await one).json()["predictions"][0]["label"] for one in (first, second, third)]

    assert asyncio.run(run()) == ["short", "short", "brief"]
