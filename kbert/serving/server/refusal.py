"""A request that is answered with an error."""

from collections.abc import Mapping
from typing import Any

from kbert.errors import InputError
from kbert.findings import Option

RETRY = {"Retry-After": "1"}
"""The header of answers that may be different a second later."""


class Refusal(Exception):
    """A request that is answered with an error: its status, and the fields of the JSON.

    Args:
        status: int. The HTTP status.
        code: str. Names the case for programs, such as "too_many_texts".
        message: str. One sentence.
        headers: dict. Defaults to {}.
        **where: `field`, `index` and `received` of the JSON, if the error is in a part of the body.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
        **where: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.where = where

    @classmethod
    def of(cls, error: InputError) -> "Refusal":
        """Return the refusal of content that kbert refuses, with its place in the body."""
        values = error.values
        option = values.get("option")
        where = {
            "field": option.name if isinstance(option, Option) else None,
            "index": values.get("place"),
            "received": values.get("shown"),
        }
        return invalid(str(error), **where)

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the JSON of the answer."""
        error = {"code": self.code, "message": self.message, **self.where}
        told = {name: value for name, value in error.items() if value is not None}
        return {"error": told, "request_id": request_id}


def invalid(message: str, **where: Any) -> Refusal:
    """Return the refusal of an invalid body."""
    return Refusal(422, "invalid_content", message, **where)


def too_large(limit: int) -> Refusal:
    """Return the refusal of a body with more bytes than the limit."""
    message = f"The body must have at most {limit:,} bytes."
    return Refusal(413, "too_large", message, {"Connection": "close"})
