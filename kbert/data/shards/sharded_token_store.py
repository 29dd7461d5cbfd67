"""Token ids in shards: on this machine's disk, on another machine's, or in an object store."""

import functools
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from kbert.data.reading.reading_options import ReadingOptions
from kbert.data.shards.build_shards import ShardBuild
from kbert.data.shards.location import Location
from kbert.data.shards.read_rows import read_index, read_rows
from kbert.data.shards.row_source import RowSource, label_names
from kbert.data.shards.shard_cache import ShardCache
from kbert.data.shards.shard_file import ShardFile
from kbert.data.shards.shard_index import ShardIndex
from kbert.data.shards.window_order import WindowOrder
from kbert.data.token_store import TokenStore
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.targets.labels import Labels
from kbert.targets.target import Target
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.cache_folder import cache_folder
from kbert.utils.counts import check_count

ROWS_PER_SHARD = 2**18
SHUFFLE_WINDOW = 16
CACHE_GB = 10.0
_GB = 1e9
_AT_HAND = 2**20  # rows


class ShardedTokenStore(TokenStore):
    """A token store in shards, for data too large for one disk or one machine's memory.

    It is a folder of Arrow files and an index, on this machine or wherever `pyarrow.fs` reaches:
    `s3://`, `gs://`, `hdfs://`. Lengths, labels and weights are in separate files and held in
    memory, a few bytes per row. Token ids are fetched shard by shard as training reaches them,
    compared with their checksums, and kept on this machine's disk up to a size limit.

    The order of an epoch is a pure function of (seed, epoch): the shards are permuted and cut into
    windows, and the rows of each window are shuffled. Every row occurs once. Only the position is
    stored to resume in the middle of an epoch, and the order is the same for any number of
    processes.

    `Batches` takes it like any token store. `build` makes a store, and `open` opens one.

    Attributes:
        index: ShardIndex.
        shuffle_window: int. The number of shards whose rows are shuffled together.
        labels_of_rows: Labels or None. The classes.
        target: Target. What a label is.

    Example:

    ```python
    chunks = iter([(["good film", "bad film"], ["yes", "no"])])  # of very many
    store = ShardedTokenStore.build(chunks, tokenizer, "tokens", max_length=64)
    token_ids, first_length = store[0]
    ```
    """

    def __init__(
        self,
        location: Location,
        index: ShardIndex,
        *,
        shuffle_window: int = SHUFFLE_WINDOW,
        cache: Path | None = None,
        cache_gb: float = CACHE_GB,
    ) -> None:
        check_count("shuffle_window", shuffle_window)
        self.index = index
        self.shuffle_window = shuffle_window
        self.max_length = index.max_length
        self.target: Target = index.known_target
        self.labels_of_rows: Labels | None = index.labels
        self.from_cache = True
        self.not_kept = ""
        self.window_split = None
        folder = (cache or cache_folder("shards") or Path(".kbert-shards")) / index.fingerprint
        most = int(cache_gb * _GB)
        self._settings = (shuffle_window, cache, cache_gb)
        self._location = location
        if location.folder is None:
            self._check_room(most)
        self._files = ShardCache(location, index, folder, most, self._open_file)
        starts = np.cumsum([shard.rows for shard in index.shards])
        self._starts: list[int] = [0, *starts.tolist()]
        rows = read_rows(location, index)
        self.lengths, self.labels, self.weights = rows.lengths, rows.labels, rows.weights
        self.first_lengths = rows.lengths if rows.firsts is None else rows.firsts
        self._order: WindowOrder | None = None
        self._window = -1
        self._process = (0, 1)

    @classmethod
    def build(  # type: ignore[override]
        cls,
        source: Any,
        tokenizer: Tokenizer,
        output: str | Path,
        max_length: int = 128,
        *,
        filesystem: Any = None,
        labels: Labels | Sequence[str] | None = None,
        reading: ReadingOptions | None = None,
        rows_per_shard: int = ROWS_PER_SHARD,
    ) -> "ShardedTokenStore":
        """Tokenize a stream of rows into a store, and return the store.

        The same call on the same source resumes an interrupted call, and returns a store that is
        already complete. Nothing is overwritten: if the source or a setting has changed, the call
        is refused.

        Args:
            source: what `read_examples` takes; Examples; a Hugging Face `IterableDataset`; a grain
                `MapDataset` or `IterDataset`; or an iterator of chunks, each Examples, a tuple
                (texts, labels) of lists, or a dict of one row.
            tokenizer: Tokenizer.
            output: str or Path. The folder, or its URI.
            max_length: int. The maximum number of tokens of a row, or of a window of it. Defaults
                to 128.
            filesystem: pyarrow.fs.FileSystem or None. The filesystem in which `output` is a path.
                Defaults to None: that of the URI, or this machine's.
            labels: Labels, sequence of str or None. The classes. Defaults to None: those that
                occur, which must be names and not numbers.
            reading: ReadingOptions or None. How a file is read. Defaults to None: its columns are
                found by common names.
            rows_per_shard: int. The maximum number of rows of a shard, which also ends after 2^25
                tokens. Defaults to 2^18.

        Raises:
            KbertError: a row cannot be used, the existing shards are those of another source, or
                something cannot be written.
        """
        check_count("max_length", max_length)
        check_count("rows_per_shard", rows_per_shard)
        location = Location(output, filesystem)
        with ExitStack() as opened:
            rows = RowSource.of(source, reading or ReadingOptions(), label_names(labels), opened)
            index = ShardBuild(location, rows, tokenizer, max_length, rows_per_shard).run()
        store = cls(location, index)
        store.read_by(tokenizer, max_length)
        return store

    @classmethod
    def open(
        cls,
        place: str | Path,
        tokenizer: Tokenizer | None = None,
        *,
        filesystem: Any = None,
        shuffle_window: int = SHUFFLE_WINDOW,
        cache: str | Path | None = None,
        cache_gb: float = CACHE_GB,
    ) -> "ShardedTokenStore":
        """Return the store in a folder.

        Args:
            place: str or Path. The folder, or its URI.
            tokenizer: Tokenizer or None. The model's, which must be the one that the store was made
                with. Defaults to None: it is not compared.
            filesystem: as in `build`. Defaults to None.
            shuffle_window: int. The number of shards whose rows are shuffled together. Defaults to
                16.
            cache: str, Path or None. The folder for shards from another machine. Defaults to None:
                `cache_folder("shards")`.
            cache_gb: float. How many gigabytes of them are kept. Defaults to 10.

        Raises:
            KbertError: there is no store, it is not complete, or it is of another tokenizer.
        """
        location = Location(place, filesystem)
        store = cls(
            location,
            read_index(location),
            shuffle_window=shuffle_window,
            cache=None if cache is None else Path(cache),
            cache_gb=cache_gb,
        )
        if tokenizer is not None:
            store.read_by(tokenizer, store.max_length)
        return store

    def __reduce__(self) -> tuple[Any, ...]:
        window, cache, gb = self._settings
        make = functools.partial(type(self), shuffle_window=window, cache=cache, cache_gb=gb)
        return make, (self._location, self.index), {"window_split": self.window_split}

    def __str__(self) -> str:
        return self._location.shown

    @property
    def fingerprint(self) -> str:
        """A hash of the checksums of all shards."""
        return self.index.fingerprint

    def __getitem__(self, row: int) -> tuple[np.ndarray, int]:
        """Return the token ids of a row and the length of its first segment."""
        shard = bisect_right(self._starts, row) - 1
        self._come_to(shard)
        ids = self._files.file(shard).ids(row - self._starts[shard])
        return ids, int(self.first_lengths[row])

    def window_order(self, bits: np.random.PCG64) -> WindowOrder:
        """Return the order of an epoch; from now on, its shards are fetched ahead."""
        self._order = self._new_order(bits)
        self._window = -1
        return self._order

    def read_by(self, tokenizer: Tokenizer, max_length: int) -> None:
        """Let rows be read as a model reads them.

        Args:
            tokenizer: Tokenizer. The model's.
            max_length: int. Tokens that the model reads of a row, or of a window of it.

        Raises:
            InputError: the tokens were made with another tokenizer or maximum.
        """
        if max_length != self.max_length:
            raise InputError(
                "The tokens of {store} were made with {option}. Received: {given}",
                store=str(self),
                option=Option("max_length", self.max_length),
                given=max_length,
                cure=Cure({"max_length": self.max_length}),
            )
        if tokenizer.fingerprint != self.index.tokenizer:
            raise InputError(
                "The tokens of {store} were made with a tokenizer that is not the model's: its "
                "vocabulary or settings differ.",
                store=str(self),
                cure=Cure(note="the preset and settings that they were made with, or a new store"),
            )
        self.window_split = tokenizer.window_split(max_length, is_pair=self.index.text_pairs)

    def serve(self, process: int, processes: int) -> None:
        self._process = (process, processes)

    @property
    def order_version(self) -> int:
        return 2

    @property
    def rows_at_hand(self) -> np.ndarray:
        """Rows of the shards that are shuffled together first in an epoch."""
        order = self._new_order(np.random.PCG64(np.random.SeedSequence([0, 0])))
        places = min(sum(self.index.shards[n].rows for n in order.shards_of(0)), _AT_HAND)
        return np.sort(order(np.arange(places)))

    def close(self) -> None:
        """Stop fetching shards."""
        self._files.close()

    def _new_order(self, bits: np.random.PCG64) -> WindowOrder:
        return WindowOrder([s.rows for s in self.index.shards], self.shuffle_window, bits)

    def _come_to(self, shard: int) -> None:
        """Fetch the shards of the window that a shard is in, and those of the next window."""
        order = self._order
        if order is None or self._window == (window := order.window_of(shard)):
            return
        self._window = window
        now, soon = (self._share(order.shards_of(n)) for n in (window, window + 1))
        self._files.need(now, soon)

    def _share(self, shards: np.ndarray) -> np.ndarray:
        """Return the shards of a window that hold most of this process's part of each batch."""
        process, processes = self._process
        if processes == 1:
            return shards
        # How a batch's rows are spread over the shards is random: take one more on each side.
        begin = process * len(shards) // processes - 1
        end = -(-(process + 1) * len(shards) // processes) + 1
        return shards[max(0, begin) : end]

    def _open_file(self, path: Path, number: int) -> ShardFile:
        lengths = self.lengths[self._starts[number] : self._starts[number + 1]]
        return ShardFile(path, self.index.shards[number], lengths, self.index.vocabulary)

    def _check_room(self, most: int) -> None:
        """Raise InputError if the cache has no room for the windows that are needed at once."""
        largest = sorted((shard.bytes for shard in self.index.shards), reverse=True)
        needed = sum(largest[: 2 * self.shuffle_window])
        if needed > most:
            raise InputError(
                "{cache} is {given:.3g} GB, but two windows of {window} take {needed:.3g} GB.",
                cache=Option("shard_cache"),
                given=most / _GB,
                window=Option("shuffle_window", self.shuffle_window),
                needed=needed / _GB,
                cure=Cure({"shard_cache": round(needed / _GB + 0.5, 1)}),
            )
