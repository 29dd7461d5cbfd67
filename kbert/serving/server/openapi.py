"""The OpenAPI document of a server, adapted to its model and its limits."""

import copy
from typing import Any

from kbert.serving.server.bodies import PredictRequest
from kbert.serving.server.served_model import ServedModel
from kbert.serving.server.service import Service

_PREDICTIONS = {
    "softmax": "ClassPrediction",
    "sigmoid": "LabelsPrediction",
    "linear": "NumbersPrediction",
}
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_ID = {
    "X-Request-ID": {
        "description": "The id of the request, as in the server's log.",
        "required": True,
        "schema": {"type": "string"},
    }
}
_RETRY = {
    "Retry-After": {
        "description": "Seconds after which to try again.",
        "required": True,
        "schema": {"type": "integer"},
    }
}


def request_body() -> dict[str, Any]:
    """Return the request body of /predict, for any model."""
    schema = PredictRequest.model_json_schema()
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def openapi(generic: dict[str, Any], service: Service) -> dict[str, Any]:
    """Return the document of a server, with only those fields of requests that its model takes.

    Args:
        generic: dict. The document as FastAPI makes it.
        service: Service.
    """
    document = copy.deepcopy(generic)
    for path in document["paths"].values():
        for operation in path.values():
            for answer in operation["responses"].values():
                answer["headers"] = _ID
    predict = document["paths"]["/predict"]["post"]
    for status in ("429", "503"):
        predict["responses"][status]["headers"] = {**_ID, **_RETRY}
    schema = predict["requestBody"]["content"]["application/json"]
    properties = schema["schema"]["properties"]
    limit = f"At most {service.options.max_texts:,}; more are answered with 413."
    properties["texts"]["description"] = limit
    if service.model is not None:
        _narrow(schema["schema"], service.model)
        schemas = document["components"]["schemas"]
        kind = _PREDICTIONS[service.model.activation]
        items = {"$ref": f"#/components/schemas/{kind}"}
        schemas["Predictions"]["properties"]["predictions"]["items"] = items
        for other in set(_PREDICTIONS.values()) - {kind}:
            del schemas[other]
    return document


def _narrow(schema: dict[str, Any], model: ServedModel) -> None:
    """Keep only the properties of a request that a model takes."""
    properties = schema["properties"]
    if model.text_pairs is False or model.num_segments == 1:
        del properties["pairs"]
    elif model.text_pairs:
        properties["pairs"] = _list_of(properties["pairs"])
        schema["required"] = ["texts", "pairs"]
    if model.activation == "linear":
        del properties["top_k"]
    if model.activation != "softmax":
        del properties["abstain"]
        return
    by_label = {
        "type": "object",
        "properties": dict.fromkeys(model.predictor.labels, _SHARE),
        "additionalProperties": False,
    }
    properties["abstain"]["anyOf"] = [_SHARE, by_label, {"type": "null"}]


def _list_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a schema that is a list."""
    return next((one for one in schema.get("anyOf", ()) if one["type"] == "array"), schema)
