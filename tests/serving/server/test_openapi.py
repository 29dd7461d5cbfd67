"""The OpenAPI document, and requests that schemathesis generates from it."""

import asyncio
import re
import sys

import hypothesis
import numpy as np
import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from serving.server.fake_server import model_of, serving, shares

from kbert.serving.server.bodies import NOT_BLANK
from kbert.targets.multi import Multi
from kbert.targets.regression import Regression
from kbert.utils.cell_values import is_blank


def document(model=None):
    async def run():
        async with serving(model, max_texts=9) as server:
            return (await server.ask("GET", "/openapi.json")).json()

    return asyncio.run(run())


def request_schema(found):
    body = found["paths"]["/predict"]["post"]["requestBody"]
    return body["content"]["application/json"]["schema"]


def test_the_pattern_of_a_text_agrees_with_the_predictor():
    """The pattern may have characters that Python's version of Unicode does not know yet."""
    import unicodedata

    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if not 0xD800 <= code < 0xE000 and unicodedata.category(character) != "Cn":
            matches = re.fullmatch(NOT_BLANK, character) is not None
            assert matches != is_blank(character), hex(code)


def test_it_lists_every_response():
    found = document()
    assert {path: list(of) for path, of in found["paths"].items()} == {
        "/predict": ["post"],
        "/health": ["get"],
        "/metrics": ["get"],
    }
    statuses = found["paths"]["/predict"]["post"]["responses"]
    assert set(statuses) == {"200", "408", "413", "415", "422", "429", "500", "503"}
    assert all("X-Request-ID" in answer["headers"] for answer in statuses.values())
    assert set(request_schema(found)["properties"]) == {"texts", "pairs", "top_k", "abstain"}


@pytest.mark.parametrize(
    ("model", "properties", "kind"),
    [
        (model_of(), {"texts", "top_k", "abstain"}, "ClassPrediction"),
        (model_of(text_pairs=True), {"texts", "pairs", "top_k", "abstain"}, "ClassPrediction"),
        (model_of(target=Multi()), {"texts", "top_k"}, "LabelsPrediction"),
        (model_of(target=Regression()), {"texts"}, "NumbersPrediction"),
    ],
    ids=["single", "pairs", "multi", "numbers"],
)
def test_it_matches_the_model(model, properties, kind):
    found = document(model)
    schema = request_schema(found)
    assert set(schema["properties"]) == properties
    assert schema["required"] == (["texts", "pairs"] if "pairs" in properties else ["texts"])
    assert schema["properties"]["texts"]["description"].startswith("At most 9;")
    schemas = found["components"]["schemas"]
    assert schemas["Predictions"]["properties"]["predictions"]["items"] == {
        "$ref": f"#/components/schemas/{kind}"
    }
    assert [name for name in schemas if name.endswith("sPrediction")] == [kind]
    if "abstain" in properties:
        by_label = schema["properties"]["abstain"]["anyOf"][1]
        assert list(by_label["properties"]) == ["short", "long"]


def outputs(texts, pairs, size):
    return np.array([[0.4, 0.6]] * len(texts), np.float32)


@pytest.mark.parametrize(
    "model",
    [model_of(shares), model_of(outputs, target=Multi()), model_of(outputs, target=Regression())],
    ids=["single", "multi", "numbers"],
)
def test_schemathesis_finds_nothing(model):
    async def application(scope, receive, send):
        """The server in the caller's event loop, as each call has its own."""
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        async with serving(model, max_wait_ms=0) as server:
            await server.app(scope, receive, send)

    config = SchemathesisConfig.from_dict({"seed": 0})
    schema = schemathesis.openapi.from_asgi("/openapi.json", application, config=config)
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):

            @hypothesis.settings(
                max_examples=12,
                deadline=None,
                database=None,
                suppress_health_check=list(hypothesis.HealthCheck),
            )
            @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
            def check(case):
                nonlocal tried
                tried += 1
                case.call_and_validate()

            if mode is schemathesis.GenerationMode.POSITIVE or operation.path == "/predict":
                check()
    assert tried > 20
