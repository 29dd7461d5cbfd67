"""A labelled file, read for a model in the same way as the model's own data."""

from collections.abc import Collection, Sequence
from pathlib import Path

from kbert.cli.run_columns import with_run_columns
from kbert.cli.run_layout import with_run_layout
from kbert.data.reading.examples import Examples
from kbert.data.reading.reading_options import ReadingOptions
from kbert.errors import InputError
from kbert.findings import Option
from kbert.interop.source import Source
from kbert.targets.labels import Labels
from kbert.targets.target import Target


class LabelledFile:
    """A labelled file, read with a model's labels and target, and a run's layout and columns.

    Args:
        source: Source. The model.
        model: Path. Where the model is.
        data: str. The file, or a pattern.
        options: ReadingOptions. The options given for the file.
        named: collection of str. The names of the layout options that were given. Defaults to
            none.
    """

    def __init__(
        self,
        source: Source,
        model: Path,
        data: str,
        options: ReadingOptions,
        named: Collection[str] = (),
    ) -> None:
        labels, target = source.labels(), source.target()
        self._data = data
        options = with_run_layout(model, data, options, named)
        self._options = with_run_columns(
            model, data, options, need_label=True, target=target, labels=labels
        )
        self._target = _target_of(self._options, target)
        self._labels = labels

    def read(self, labels: Sequence[str] | None = None) -> Examples:
        """Return the examples.

        Args:
            labels: sequence of str, or None. The classes, if the model's files do not name them.
                Defaults to None: those of the model, or of the file.
        """
        names = self._labels or labels
        known = None if names is None else Labels(tuple(names))
        return self._options.read(self._data, labels=known, **self._target)


def _target_of(options: ReadingOptions, target: Target) -> dict[str, Target]:
    """Return how labels are read: like the model's own, which the options must not contradict."""
    if options.target not in (None, target.kind):
        raise InputError(
            "{option} must match the model's: {own}. Received: {given}",
            option=Option("target"),
            own=target.kind,
            given=options.target,
        )
    return {} if options.label_separator else {"target": target}
