"""Finds the labels of a model among the columns of another source."""

from collections.abc import Sequence

from kbert.errors import InputError
from kbert.findings import Cure, Joined
from kbert.targets.labels import Labels


def columns_of(labels: Labels, columns: Sequence[str]) -> list[int]:
    """Return the position of each label's column.

    Raises:
        InputError: the columns are not those of the labels.
    """
    if set(columns) != set(labels.names):
        raise InputError(
            "The labels are in the columns {received}, but those of the training set were "
            "{expected}.",
            received=Joined(map(repr, columns)),
            expected=Joined(map(repr, labels.names)),
            cure=Cure({"label": ",".join(labels.names)}, note="and name the columns accordingly"),
        )
    return [list(columns).index(name) for name in labels.names]
