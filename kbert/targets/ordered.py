"""One class for each row, for classes that have an order."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from kbert.errors import InputError
from kbert.findings import Cure
from kbert.results.ordered_evaluation import OrderedEvaluation
from kbert.targets.label_keys import label_key
from kbert.targets.labels import Labels
from kbert.targets.single import Single

if TYPE_CHECKING:
    import numpy as np

_NUMBER = re.compile(r"\s*([+-]?[0-9]+(?:\.[0-9]+)?)(?![0-9.])")


@dataclass(frozen=True)
class Ordered(Single):
    """One class for each row, for classes with an order, such as stars; trained as `Single` is.

    The order is that of the numbers that the names are or begin with: "1", "2", "10"; "1 bad",
    "2 fair", "3 good"; or that of the `labels` that `read_examples` is given. The scores count how
    far the predicted class is from the true one.
    """

    kind = "ordered"
    scores_class = OrderedEvaluation

    def labels_of(self, values: Sequence[str], columns: Sequence[str]) -> Labels:
        names = sorted(set(values))
        found = {name: _NUMBER.match(name) for name in names}
        without = [name for name, number in found.items() if number is None]
        if without:
            raise InputError(
                "The order of the labels (column {column!r}) is not known: {name!r} is not a "
                "number and does not begin with one.",
                column=columns[0],
                name=without[0],
                cure=Cure(note="number them, as in '1 bad', '2 fair', '3 good'"),
            )
        places = {name: Decimal(number[1]) for name, number in found.items() if number}
        _check_places(places, columns[0])
        return Labels(tuple(sorted(names, key=lambda name: (places[name], name))))

    def scores(
        self,
        raw: "np.ndarray",
        targets: "np.ndarray",
        names: Sequence[str],
        weights: "np.ndarray | None" = None,
    ) -> OrderedEvaluation:
        scores = OrderedEvaluation.from_logits(raw, targets, names, weights)
        assert isinstance(scores, OrderedEvaluation)
        return scores


def _check_places(places: Mapping[str, Decimal], column: str) -> None:
    """Raise InputError if two labels have the same place and are not the same number."""
    first: dict[Decimal, str] = {}
    for name, place in sorted(places.items()):
        other = first.setdefault(place, name)
        # "5" and "5,0" are variants of one label, which an inspection reports.
        if label_key(other) != label_key(name):
            raise InputError(
                "The order of the labels (column {column!r}) is not known: {first!r} and "
                "{second!r} have the same number.",
                column=column,
                first=other,
                second=name,
                cure=Cure(note="write one of them in all rows, or number them differently"),
            )
