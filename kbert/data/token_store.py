"""Token ids on disk, computed once and read through a memory map."""

import functools
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from kbert.data.reading.examples import Examples, check_examples
from kbert.errors import InputError
from kbert.findings import Option
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.counts import check_count

_FORMAT = 1  # to be raised when what is stored for the same data changes
_CHUNK = 65_536  # rows tokenized and written at a time, which bounds the memory
_CHUNK_TOKENS = 2**22  # and, where texts are long, the tokens that these rows can have
_SCHEMA = pa.schema(
    [
        ("token_ids", pa.list_(pa.int32())),
        ("first_length", pa.int32()),
        ("label", pa.int32()),
    ]
)


def default_cache() -> Path:
    """Return the folder of the token files: $KBERT_CACHE, else the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("KBERT_CACHE") or Path(base) / "kbert") / "tokens"


class TokenStore:
    """The token ids, first-segment lengths and labels of a data set.

    `build` tokenizes on all cores into an Arrow file whose name is a hash of the data, the
    vocabulary and the settings, and opens it as a memory map; the same call on the same data finds
    the file again. Without a cache folder the table stays in memory.

    Attributes:
        lengths: int32 array [rows]. Tokens of each row, including [CLS] and [SEP].
        labels: int32 array [rows], or None.
        from_cache: bool. Whether the file already existed.

    Example:

    ```python
    store = TokenStore.build(examples, tokenizer, max_length=64)
    token_ids, first_length = store[0]
    ```
    """

    def __init__(self, table: pa.Table, max_length: int, *, from_cache: bool = False) -> None:
        self.max_length = max_length
        self.from_cache = from_cache
        chunks = table.column("token_ids").chunks
        self._values = [chunk.values.to_numpy() for chunk in chunks]
        self._offsets = [chunk.offsets.to_numpy() for chunk in chunks]
        self._starts = np.cumsum([0, *(len(chunk) for chunk in chunks)])
        self.lengths = np.concatenate(
            [np.diff(offsets).astype(np.int32) for offsets in self._offsets]
        )
        self.first_lengths = table.column("first_length").to_numpy()
        labels = table.column("label").to_numpy()
        self.labels = labels if len(labels) and labels.min() >= 0 else None

    @classmethod
    def build(
        cls,
        examples: Examples,
        tokenizer: Tokenizer,
        max_length: int,
        cache: str | Path | None = None,
    ) -> "TokenStore":
        """Return the store of `examples`, from `cache` if it is there.

        Args:
            examples: Examples.
            tokenizer: Tokenizer.
            max_length: int. The maximum number of tokens of a row, including [CLS] and [SEP].
            cache: str, Path or None. The folder of the token files, or None to keep the tokens in
                memory. Defaults to None; `default_cache()` is the folder that training uses.

        Raises:
            KbertError: `max_length` leaves no room for a token.
        """
        check_examples(examples)
        check_count("max_length", max_length)
        min_length = 3 if examples.pairs is None else 5
        if max_length < min_length:
            raise InputError(
                "{option} must be at least {min_length}, for the special tokens and one token of "
                "each text. Received: {max_length}",
                option=Option("max_length"),
                min_length=min_length,
                max_length=max_length,
            )
        if cache is None:
            batches = list(_record_batches(examples, tokenizer, max_length))
            return cls(pa.Table.from_batches(batches, _SCHEMA), max_length)
        path = Path(cache) / f"{_key(examples, tokenizer, max_length)}.arrow"
        table = _open(path)
        if table is not None:
            return cls(table, max_length, from_cache=True)
        _write(path, examples, tokenizer, max_length)
        table = _open(path)
        if table is None:
            raise InputError(
                "The token file {path} was written, but cannot be read back.", path=path
            )
        return cls(table, max_length)

    @functools.cached_property
    def fingerprint(self) -> str:
        """A hash of the tokens and labels."""
        digest = hashlib.sha256()
        for values, offsets in zip(self._values, self._offsets, strict=True):
            digest.update(values[offsets[0] : offsets[-1]].tobytes())
        for array in (self.lengths, self.first_lengths, self.labels):
            digest.update(b"-" if array is None else np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, row: int) -> tuple[np.ndarray, int]:
        """Return the token ids of a row and the length of its first segment."""
        chunk = int(np.searchsorted(self._starts, row, side="right")) - 1
        offsets = self._offsets[chunk]
        at = row - self._starts[chunk]
        ids = self._values[chunk][offsets[at] : offsets[at + 1]]
        return ids, int(self.first_lengths[row])


def _key(examples: Examples, tokenizer: Tokenizer, max_length: int) -> str:
    labels = () if examples.labels is None else examples.labels.names
    parts = (_FORMAT, examples.fingerprint, tokenizer.fingerprint, max_length, labels)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _record_batches(
    examples: Examples, tokenizer: Tokenizer, max_length: int
) -> Iterator[pa.RecordBatch]:
    for start, stop in _chunks(examples, max_length):
        encoded = tokenizer.encode(
            examples.texts[start:stop],
            None if examples.pairs is None else examples.pairs[start:stop],
            max_length=max_length,
        )
        if examples.label_ids is None:
            labels = np.full(stop - start, -1, np.int32)
        else:
            labels = examples.label_ids[start:stop]
        yield pa.record_batch(
            [
                pa.array([ids for ids, _ in encoded], pa.list_(pa.int32())),
                pa.array([first for _, first in encoded], pa.int32()),
                pa.array(labels, pa.int32()),
            ],
            schema=_SCHEMA,
        )


def _chunks(examples: Examples, max_length: int) -> Iterator[tuple[int, int]]:
    """Yield the first row and the end of each chunk, by an upper bound of its tokens."""
    start = held = 0
    for row, text in enumerate(examples.texts):
        characters = len(text) + (0 if examples.pairs is None else len(examples.pairs[row]))
        held += min(characters, max_length)
        if row + 1 - start == _CHUNK or held > _CHUNK_TOKENS:
            yield start, row + 1
            start, held = row + 1, 0
    if start < len(examples):
        yield start, len(examples)


def _open(path: Path) -> pa.Table | None:
    """Return the table of a token file, or None if it is missing or broken."""
    try:
        with pa.memory_map(str(path)) as source:
            return pa.ipc.open_file(source).read_all()
    except (OSError, pa.ArrowException):
        return None


def _write(path: Path, examples: Examples, tokenizer: Tokenizer, max_length: int) -> None:
    """Write a token file under another name, then rename it, so that none is ever incomplete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tokens-", suffix=".tmp")
    os.close(handle)
    try:
        with pa.OSFile(name, "wb") as sink, pa.ipc.new_file(sink, _SCHEMA) as writer:
            for batch in _record_batches(examples, tokenizer, max_length):
                writer.write_batch(batch)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
