"""`kbert inspect`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.options import DATA, given, options, reading
from kbert.data.reading.reading_options import ReadingOptions


@options("dev", "preset", "max_length", ReadingOptions)
class Settings:
    """What `kbert inspect` takes."""


@verb("inspect")
def inspect(
    data: Annotated[str, Parameter(group=DATA)],
    *,
    plot: Path | None = None,
    json: bool = False,
    settings: Annotated[Settings, Parameter(name="*")] = Settings(),  # noqa: B008
) -> int:
    """Show what is in labelled data, and what will hurt; trains nothing.

    Parameters
    ----------
    data
        Labelled file: CSV, TSV, JSON Lines or Parquet.
    plot
        File to draw the classes of the batches in, through a shuffle buffer of 100 and in full.
    json
        Print JSON.
    """
    from kbert.cli.show_inspection import show_inspection

    values = given(settings)
    model = {name: values.pop(name) for name in ("preset", "max_length")}
    return show_inspection(
        data, values.pop("dev", None), reading(settings), plot=plot, as_json=json, **model
    )
