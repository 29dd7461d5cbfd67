"""`kbert tokens`."""

from typing import Annotated

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.options import DATA, given, options, reading
from kbert.config import ModelOptions
from kbert.data.reading.reading_options import ReadingOptions

_MODEL = ("preset", "max_length", "long_text", "cut_pair", "stride", "max_windows")


@options(*_MODEL, ReadingOptions, without=("group", "split_by_time"))
class Settings:
    """What `kbert tokens` takes."""


@verb("tokens")
def tokens(
    data: Annotated[str, Parameter(group=DATA)],
    *,
    output: Annotated[str, Parameter(alias="-o", group=DATA)],
    rows_per_shard: Annotated[int, Parameter(group=DATA)] = 2**18,
    settings: Annotated[Settings, Parameter(name="*")] = Settings(),  # noqa: B008
) -> None:
    """Tokenize a labelled file into shards, for data too large for one disk or one memory.

    Then `kbert train STORE --dev FILE` trains on them. If it is interrupted, the same command
    resumes it.

    Parameters
    ----------
    data
        Labelled file (CSV, JSON, Parquet, ...), several as one set: 'data/*.csv'.
    output
        Folder of the token store, or its URI, such as s3://BUCKET/FOLDER.
    rows_per_shard
        Maximum number of rows per shard; a shard also ends after 2^25 tokens.
    """
    from kbert.cli.make_store import make_store

    values = given(settings)
    model = ModelOptions(**{name: values[name] for name in _MODEL if name in values})
    make_store(data, output, model, reading(settings), rows_per_shard)
