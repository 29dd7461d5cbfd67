"""The body of a request, checked."""

from typing import Any

from pydantic import ValidationError

from kbert.errors import InputError
from kbert.results.given_texts import as_text
from kbert.serving.server.bodies import PredictRequest
from kbert.serving.server.refusal import Refusal, invalid
from kbert.utils.cell_values import describe

_TEXTS = ("texts", "pairs")


def read_request(body: bytes, max_texts: int) -> PredictRequest:
    """Return what a body asks for.

    Args:
        body: bytes. JSON.
        max_texts: int. The maximum number of texts.

    Raises:
        Refusal: the body is invalid; the answer says where, and what was there.
    """
    try:
        asked = PredictRequest.model_validate_json(body)
    except ValidationError as error:
        raise _refusal(error) from None
    if len(asked.texts) > max_texts:
        message = f"A request must have at most {max_texts:,} texts. Received: {len(asked.texts):,}"
        raise Refusal(413, "too_many_texts", message, field="texts")
    if asked.pairs is not None and len(asked.pairs) != len(asked.texts):
        message = (
            "`texts` and `pairs` must have the same length. "
            f"Received: {len(asked.texts):,} and {len(asked.pairs):,}"
        )
        raise invalid(message, field="pairs")
    return asked


def _refusal(error: ValidationError) -> Refusal:
    """Return the refusal for the first fault that pydantic has found."""
    fault = _told_best(error)
    place, kind, value = fault["loc"], fault["type"], describe(fault["input"])
    if kind == "json_invalid":
        return invalid(f"The body must be JSON in UTF-8: {fault['ctx']['error']}.")
    if not place:
        return invalid(f"The body must be a JSON object. Received: {value.name} ({value.shown})")
    field, *inside = place
    if kind == "missing":
        return invalid(f"The body has no field `{field}`.", field=field)
    if kind == "extra_forbidden":
        return invalid(f"There is no field {field[:80]!r}.", field=field[:80])
    if field in _TEXTS and inside:
        try:
            as_text(field, inside[0], fault["input"])
        except InputError as refused:
            return Refusal.of(refused)
    if field in _TEXTS and kind in ("list_type", "too_short"):
        received = f"{value.name} ({value.shown})"
        return invalid(
            f"`{field}` must be a list of one or more texts. Received: {received}",
            field=field,
            received=value.shown,
        )
    entry = f" of {inside[-1]!r:.80}" if field == "abstain" and len(inside) > 1 else ""
    message = f"`{field}`{entry}: {fault['msg']}. Received: {value.name} ({value.shown})"
    index = inside[0] if inside and isinstance(inside[0], int) else None
    return invalid(message, field=field, index=index, received=value.shown)


def _told_best(error: ValidationError) -> dict[str, Any]:
    """Return the first fault; for a field of several types, the fault of the type that fits best.

    Pydantic reports for each of these types why the value does not fit.
    """
    faults: list[dict[str, Any]] = [dict(fault) for fault in error.errors(include_url=False)]
    field = faults[0]["loc"][:1]
    return max((f for f in faults if f["loc"][:1] == field), key=lambda f: len(f["loc"]))
