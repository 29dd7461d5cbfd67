"""The rows of a token store, which no longer has their texts, as Examples."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn, overload

from kbert.data.reading.examples import Examples
from kbert.data.shards.sharded_token_store import ShardedTokenStore
from kbert.errors import InputError
from kbert.findings import Cure


class NoTexts(Sequence[str]):
    """Placeholder for the texts of a store: as many as it has rows, none of which can be read.

    Args:
        rows: int.
        source: str. The store, for messages.
    """

    def __init__(self, rows: int, source: str) -> None:
        self._rows = rows
        self._source = source

    def __len__(self) -> int:
        return self._rows

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> NoReturn:
        raise _no_texts(self._source)


@dataclass(frozen=True)
class StoredExamples(Examples):
    """The rows of a token store: their labels and weights, but no texts.

    Args:
        store: ShardedTokenStore or None. The rows' tokens.
    """

    store: ShardedTokenStore | None = field(default=None, repr=False)

    @classmethod
    def of(cls, store: ShardedTokenStore) -> "StoredExamples":
        """Return the rows of a store.

        Raises:
            InputError: it has no labels.
        """
        texts = NoTexts(len(store), str(store))
        if store.labels is None:
            raise InputError(
                "{store} has no labels to train on.",
                store=str(store),
                cure=Cure({"label": "NAME"}, note="when the store is made"),
            )
        one = store.target.takes_names
        return cls(
            texts,
            texts if store.index.text_pairs else None,
            label_ids=store.labels if one else None,
            targets=None if one else store.labels,
            target=store.target,
            labels=store.labels_of_rows,
            source=str(store),
            weights=store.weights,
            store=store,
        )

    @property
    def fingerprint(self) -> str:
        """A hash of the checksums of all shards."""
        assert self.store is not None
        return self.store.fingerprint


def check_has_texts(examples: Examples) -> None:
    """Raise InputError for the rows of a token store."""
    if isinstance(examples, StoredExamples):
        raise _no_texts(str(examples.source))


def _no_texts(source: str) -> InputError:
    return InputError(
        "{source} is a token store, which has no texts.",
        source=source,
        cure=Cure(note="name the file that it was made from"),
    )
