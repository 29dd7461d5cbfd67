"""`kbert inspect`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.options import DATA, Switch, given, options, reading
from kbert.config import ModelOptions
from kbert.data.reading.reading_options import ReadingOptions

_MODEL = ("preset", "max_length", "long_text", "cut_pair", "stride", "max_windows")


@options("task", *_MODEL, ReadingOptions, "shuffle_window")
class Settings:
    """What `kbert inspect` takes."""


@verb("inspect")
def inspect(
    data: Annotated[str, Parameter(group=DATA)],
    *,
    dev: Annotated[str | None, Parameter(group=DATA)] = None,
    plot: Path | None = None,
    duplicates: Path | None = None,
    json: Switch = False,
    settings: Annotated[Settings, Parameter(name="*")] = Settings(),  # noqa: B008
) -> int:
    """Show what is in labelled data, and what will hurt; trains nothing.

    Parameters
    ----------
    data
        Labelled file (CSV, TSV, JSON, Parquet, Arrow, XLSX), several as one set: 'data/*.csv'; a
        task's folder; or a token store.
    dev
        Second file, or several by a pattern, which should share no rows with the first.
    plot
        File to draw the classes of the batches in, with a shuffle buffer of 100 and a full shuffle.
    duplicates
        File to write (CSV) with every row whose text occurs more than once, those of --dev
        included, and which of them have different labels.
    json
        Print JSON.
    """
    from kbert.data.shards.location import is_store

    values = given(settings)
    if "task" not in values and is_store(data):
        from kbert.cli.make_store import check_of_store, show_store

        ignored = {"dev": dev, "plot": plot, "duplicates": duplicates}
        check_of_store(data, reading(settings), ignored)
        return show_store(data, values["shuffle_window"], as_json=json)
    from kbert.cli.show_inspection import show_inspection

    return show_inspection(
        data,
        dev,
        reading(settings),
        ModelOptions(**{name: values[name] for name in _MODEL if name in values}),
        task=values.get("task"),
        plot=plot,
        duplicates=duplicates,
        as_json=json,
    )
