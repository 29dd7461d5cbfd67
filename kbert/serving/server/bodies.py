"""The JSON of requests and answers; the OpenAPI document has their schemas."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

# The characters that `is_blank` counts as blank: blanks, controls and format characters, as ranges.
_BLANKS = (
    *((0x00, 0x20), (0x7F, 0xA0), (0xAD, 0xAD), (0x600, 0x605), (0x61C, 0x61C), (0x6DD, 0x6DD)),
    *((0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2), (0x1680, 0x1680), (0x180E, 0x180E)),
    *((0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x2064), (0x2066, 0x206F), (0x3000, 0x3000)),
    *((0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0x110BD, 0x110BD), (0x110CD, 0x110CD)),
    *((0x13430, 0x1343F), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0001, 0xE0001)),
    (0xE0020, 0xE007F),
)
NOT_BLANK = "[^" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _BLANKS) + "]"
"""A pattern for one character that makes a text not blank."""


def _whole(value: Any) -> Any:
    """Return 2.0 as 2, since JSON does not distinguish them."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_Text = Annotated[str, Field(pattern=NOT_BLANK)]
_Share = Annotated[float, Field(ge=0, le=1)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class PredictRequest(_Body):
    """Texts to label, or pairs of texts."""

    texts: Annotated[list[_Text], Field(min_length=1)]
    pairs: Annotated[list[_Text] | None, Field(description="The second texts, in order.")] = None
    top_k: Annotated[
        Annotated[int, Field(ge=1), BeforeValidator(_whole)] | None,
        Field(description="Answer only the most probable labels."),
    ] = None
    abstain: Annotated[
        _Share | dict[str, _Share] | None,
        Field(description="The least probability of an answer, of all labels or by label."),
    ] = None


class ClassPrediction(_Body):
    """The prediction of a model of one class per text; `label` is null if it abstains."""

    label: str | None
    probability: _Share
    abstained: bool = Field(default=False, description="There where `abstain` was given.")
    probabilities: dict[str, _Share]


class LabelsPrediction(_Body):
    """The prediction of a model of several labels per text."""

    labels: list[str]
    probabilities: dict[str, _Share]


class NumbersPrediction(_Body):
    """The prediction of a model of numbers."""

    values: dict[str, float]


class Predictions(_Body):
    """The prediction for each text, in their order."""

    predictions: list[ClassPrediction | LabelsPrediction | NumbersPrediction]


class Health(_Body):
    """Whether the server answers."""

    status: Annotated[str, Field(pattern="^(loading|ready|stopping)$")]
    model: Annotated[str | None, Field(description="The name of what is served.")]


class ErrorDetail(_Body):
    """What is wrong, and where."""

    code: Annotated[str, Field(description="Names the case, for programs.")]
    message: str
    field: Annotated[str, Field(description="The field of the body.")] = ""
    index: Annotated[int, Field(ge=0, description="The position in the field.")] = 0
    received: Annotated[str, Field(description="What was there, shortened.")] = ""


class ErrorAnswer(_Body):
    """The answer to a request that is refused, or that failed."""

    error: ErrorDetail
    request_id: Annotated[str, Field(description="That of the header X-Request-ID.")]
