"""The columns of a file for a run's model, if they were named for the run."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from kbert.cli.run_layout import recorded_settings
from kbert.data.reading.columns import choose_columns
from kbert.data.reading.many_files import open_tables
from kbert.data.reading.reading_options import ReadingOptions
from kbert.data.reading.rows import Table
from kbert.errors import InputError
from kbert.findings import Joined, Message, worded
from kbert.targets.target import Target
from kbert.utils.say import say


def with_run_columns(
    model: Path,
    data: str,
    options: ReadingOptions,
    *,
    need_label: bool,
    target: Target | None = None,
    labels: Sequence[str] | None = None,
) -> ReadingOptions:
    """Return how a file is read: a column that is not named is that of the run, if the file has it.

    Any other model knows only the columns of its numbers or probabilities, which are its labels.

    Args:
        model: Path. A run directory, or another model.
        data: str. The file, or a pattern, of which the first file is examined.
        options: ReadingOptions.
        need_label: bool. Whether the labels are needed too.
        target: Target or None. The model's target. Defaults to None: one class.
        labels: sequence of str, or None. The model's labels. Defaults to None: they are not known.

    Raises:
        InputError: the file has neither the columns of the run, nor ones with common names.
    """
    recorded = _recorded(model, options, need_label)
    several = target is not None and not target.takes_names
    own = labels if several and need_label and options.label is None else None
    if not recorded and not own:
        return options
    with ExitStack() as files:
        table = next(open_tables(data, files, options.layout()))
        names = {name: column for name, column in recorded.items() if _has(table, column)}
        if own and "label" not in names and all(name in table.columns for name in own):
            names["label"] = list(own)
        if "pair" in recorded and not names.keys() >= {"text", "pair"}:
            names = {n: column for n, column in names.items() if n in ("label", "weight")}
        found = replace(options, **names)
        try:
            choose_columns(
                table,
                text=found.text,
                pair=found.pair,
                label=found.label,
                weight=found.weight,
                need_label=need_label,
                target=target,
            )
        except InputError as error:
            columns = {n: column for n, column in recorded.items() if n != "weight"}
            missing = {name: column for name, column in columns.items() if name not in names}
            if not missing:
                raise
            raise InputError(
                "{problem} The run was trained with {recorded}, which the file lacks.",
                cure=error.cure,
                problem=Message(error.template, **error.values),
                recorded=_listed(missing),
            ) from None
    if names:
        whose = "run" if recorded else "model"
        say(
            worded(
                "The columns are those of the {whose}: {listed}", whose=whose, listed=_listed(names)
            ),
            to="stderr",
        )
    return found


def _has(table: Table, column: str) -> bool:
    """Whether a table has a column, or each of several whose names are separated by commas."""
    parts = [part.strip() for part in column.split(",")]
    return column in table.columns or all(part in table.columns for part in parts)


def _recorded(model: Path, options: ReadingOptions, need_label: bool) -> dict[str, Any]:
    """Return the columns that were named for a run, except those that are named now."""
    config = recorded_settings(model)
    if config is None:
        return {}
    names = [] if options.text is not None or options.pair is not None else ["text", "pair"]
    if need_label:
        names += [name for name in ("label", "weight") if getattr(options, name) is None]
    return {n: getattr(config, n) for n in names if getattr(config, n) is not None}


def _listed(names: dict[str, Any]) -> str:
    return Joined(f"{name} = {column!r}" for name, column in names.items())
