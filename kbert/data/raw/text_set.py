"""A data set of raw texts, from any library."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Protocol, runtime_checkable

from kbert.data.raw.element import Element
from kbert.errors import InputError
from kbert.findings import Cure, Option


@runtime_checkable
class TextSet(Protocol):
    """A data set of raw texts.

    Attributes:
        name: str. Its name in messages.
        stream: str. Why it is a stream, whose rows cannot all be read at once; "" if it is finite.
        drop_remainder: bool. Whether it leaves out an incomplete batch.
        is_whole: bool. Whether it has one element with all rows, and no known batches.
    """

    name: str
    stream: str
    drop_remainder: bool
    is_whole: bool

    def elements(self) -> Iterator[Element]:
        """Yield its rows or batches from the beginning, as far as they can be read again."""


def read_set(data: TextSet, steps_option: str, steps: int | None, batch_size: int) -> list[Element]:
    """Return the elements of a data set.

    Args:
        data: TextSet.
        steps_option: str. The name of the argument for the number of batches to read.
        steps: int or None. The number of batches to read; None for all.
        batch_size: int. Rows per batch, if the data set has single rows.

    Raises:
        InputError: it is a stream, and `steps` is None.
    """
    if steps is None and data.stream:
        raise no_length(data, steps_option)
    elements = data.elements()
    first = list(islice(elements, 1))
    if steps is None:
        return [*first, *elements]
    if data.is_whole:
        return [element.first(steps * batch_size) for element in first]
    count = steps * batch_size if first and first[0].is_row else steps
    return [*first, *islice(elements, count - 1)]


def no_length(data: TextSet, steps_option: str) -> InputError:
    """Return the error that the end of a stream is not known."""
    return InputError(
        "{name} {stream}, so {option} must say how much of it to read.",
        name=data.name,
        stream=data.stream,
        option=Option(steps_option),
        cure=Cure(
            code="fit(texts, labels)" if steps_option == "steps_per_epoch" else "list(texts)",
            note="with lists, whose rows are all known",
            otherwise=(Cure(code=f"{steps_option}=..."),),
        ),
    )


def batch_rows(data: TextSet, elements: Sequence[Element]) -> int | None:
    """Return the rows per batch of a data set; None if it has no batches."""
    if data.is_whole or not elements or elements[0].is_row:
        return None
    return len(elements[0])
