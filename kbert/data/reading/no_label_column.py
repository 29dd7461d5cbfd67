"""The error that no column could be recognized as the label."""

from kbert.errors import InputError


class NoLabelColumn(InputError):
    """No column was named as the label, and none has a common name; a text column was found."""
