"""The rows of a token store as the training set of a run."""

from kbert.config import TrainConfig
from kbert.data.shards.sharded_token_store import ShardedTokenStore
from kbert.data.shards.stored_examples import StoredExamples
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.targets.labels import Labels


def read_store(config: TrainConfig, labels: Labels | None = None) -> StoredExamples:
    """Return the rows of the token store that a run trains on.

    Args:
        config: TrainConfig. Its data are a store.
        labels: Labels or None. The classes of the model that is trained further. Defaults to None:
            those of the store.

    Raises:
        KbertError: the store cannot be read, or a setting does not fit it.
    """
    _check_settings(config)
    store = ShardedTokenStore.open(
        config.data, shuffle_window=config.shuffle_window, cache_gb=config.shard_cache
    )
    if store.max_length != config.max_length:
        raise InputError(
            "The tokens of {store} were made with {option}. Received: {given}",
            store=str(store),
            option=Option("max_length", store.max_length),
            given=config.max_length,
            cure=Cure({"max_length": store.max_length}),
        )
    examples = StoredExamples.of(store)
    if labels is not None and labels != examples.labels:
        raise InputError(
            "{store} was made with labels other than the model's: {given}, not {own}.",
            store=str(store),
            given=", ".join(() if examples.labels is None else examples.labels.names[:10]),
            own=", ".join(labels.names[:10]),
        )
    return examples


def _check_settings(config: TrainConfig) -> None:
    """Raise InputError for settings that need the texts."""
    given = config.file_settings()
    if given and config.dev is None and config.test is None:  # these are files
        raise InputError(
            "{option} sets how a file is read, but {store} is a token store.",
            option=Option(next(iter(given))),
            store=config.data,
            cure=Cure(note="leave it out"),
        )
    if config.folds is not None or config.sets_rows_aside:
        raise InputError(
            "{store} is a token store, which has no texts by which to set rows aside.",
            store=config.data,
            cure=Cure({"dev": "FILE"}, otherwise=(Cure({"dev_proportion": 0}),)),
        )
