"""How a token store in shards is read."""

from dataclasses import dataclass, fields

from kbert.errors import InputError
from kbert.findings import Option
from kbert.utils.counts import check_count


@dataclass(frozen=True, kw_only=True)
class ShardOptions:
    """How a token store in shards is read; nothing else has shards.

    Example:

    ```python
    assert ShardOptions().shuffle_window == 16
    ```
    """

    shuffle_window: int = 16
    """Shards of a token store whose rows are shuffled together; each epoch permutes the shards."""
    shard_cache: float = 10.0
    """Gigabytes of shards from another machine that are kept on this one's disk."""

    def __post_init__(self) -> None:
        check_count("shuffle_window", self.shuffle_window)
        if not 0 < self.shard_cache < float("inf"):
            raise InputError(
                "{option} must be above 0. Received: {given}",
                option=Option("shard_cache"),
                given=self.shard_cache,
            )


OF_SHARDS = tuple(field.name for field in fields(ShardOptions))
"""The names of these settings."""
