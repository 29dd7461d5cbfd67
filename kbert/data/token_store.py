"""Token ids on disk, computed once."""

import contextlib
import functools
import hashlib
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path

import numpy as np

from kbert.data.epoch_order import order_version
from kbert.data.reading.examples import Examples, check_examples
from kbert.data.token_batches import ids_of_batch, token_batches
from kbert.data.token_file import BrokenTokens, TokenFile, write_token_file
from kbert.data.token_memory import TokenMemory
from kbert.errors import InputError, KbertError
from kbert.findings import Option, worded
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.tokenizer.window_split import Encoded, WindowSplit
from kbert.utils.counts import check_count
from kbert.utils.say import say
from kbert.utils.staging import remove_leftovers

_FORMAT = 2  # raise it when what is stored for the same data changes


class TokenStore:
    """The token ids, first-segment lengths, labels and weights of a data set.

    `build` tokenizes on all cores into an Arrow file whose name is a hash of the data, the
    vocabulary and the settings; the same call on the same data finds the file again. The contents
    are compared with the file's checksums: lengths and labels when it is opened, ids when they are
    first read. What has changed is tokenized again. Without a cache folder, or if nothing can be
    written to it, the tokens stay in memory.

    Attributes:
        lengths: int32 array [rows]. Tokens of each row, including [CLS] and [SEP].
        labels: int32 array [rows], or [rows, labels] for a target other than one class, or None.
        weights: float32 array [rows], or None: all rows count the same.
        from_cache: bool. Whether the file already existed.
        window_split: WindowSplit or None. It splits long rows into windows; None if they are cut.
            `lengths` are those of whole rows.
        not_kept: str. Why the tokens could not be written to the cache folder; empty if they could.

    Example:

    ```python
    store = TokenStore.build(examples, tokenizer, max_length=64)
    token_ids, first_length = store[0]
    ```
    """

    def __init__(
        self,
        tokens: TokenFile | TokenMemory,
        max_length: int,
        *,
        targets: np.ndarray | None = None,
        weights: np.ndarray | None = None,
        window_split: WindowSplit | None = None,
        from_cache: bool = False,
        not_kept: str = "",
    ) -> None:
        self.max_length = max_length
        self.window_split = window_split
        self.weights = weights
        self.from_cache = from_cache
        self.not_kept = not_kept
        self._tokens = tokens
        self._offsets = [offsets for offsets, _, _ in tokens.columns]
        self._starts = [0, *np.cumsum([len(labels) for _, _, labels in tokens.columns]).tolist()]
        self.lengths = _joined([np.diff(offsets) for offsets in self._offsets])
        self.first_lengths = _joined([firsts for _, firsts, _ in tokens.columns])
        labels = _joined([labels for _, _, labels in tokens.columns])
        self.labels = labels if len(labels) and labels.min() >= 0 else targets

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
            max_length: int. The maximum number of tokens of a row, or of a window of it, including
                [CLS] and [SEP].
            cache: str, Path or None. The folder of the token files, or None to keep the tokens in
                memory. Defaults to None; `cache_folder("tokens")` is the folder that training uses.

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
        split = tokenizer.window_split(max_length, is_pair=examples.pairs is not None)
        make = functools.partial(
            cls,
            max_length=max_length,
            targets=examples.targets,
            weights=examples.weights,
            window_split=split,
        )
        not_kept = ""
        if cache is not None:
            path = Path(cache) / f"{_key(examples, tokenizer, max_length)}.arrow"
            try:
                return cls._cached(path, examples, tokenizer, max_length, make)
            except OSError as error:
                if isinstance(error, KbertError):
                    raise
                not_kept = f"{path.parent}: {error.strerror or error}"
        return make(TokenMemory(token_batches(examples, tokenizer, max_length)), not_kept=not_kept)

    @staticmethod
    def _cached(
        path: Path,
        examples: Examples,
        tokenizer: Tokenizer,
        max_length: int,
        make: Callable[..., "TokenStore"],
    ) -> "TokenStore":
        """Return the store of a file, which is written if it is missing or broken."""
        header = {
            "format": _FORMAT,
            "key": path.stem,
            "rows": len(examples),
            "vocabulary": len(tokenizer),
            "max_length": max_length,
        }
        remake = functools.partial(ids_of_batch, examples, tokenizer, max_length)
        with contextlib.suppress(OSError):  # tokens can be read even if nothing can be removed
            remove_leftovers(path.parent)
        try:
            return make(TokenFile(path, header, remake), from_cache=True)
        except FileNotFoundError:
            pass
        except BrokenTokens as broken:
            say(
                worded(
                    "The token file {path} is written again: {broken}.", path=path, broken=broken
                )
            )
        write_token_file(path, header, token_batches(examples, tokenizer, max_length))
        try:
            return make(TokenFile(path, header, remake))
        except BrokenTokens as error:
            raise OSError(f"what was written cannot be read back: {error}") from error

    @functools.cached_property
    def fingerprint(self) -> str:
        """A hash of the tokens, labels and weights."""
        digest = hashlib.sha256()
        for batch in range(len(self._offsets)):
            digest.update(self._tokens.all_ids(batch).tobytes())
        for array in (self.lengths, self.first_lengths, self.labels):
            digest.update(b"-" if array is None else np.ascontiguousarray(array).tobytes())
        if self.weights is not None:
            digest.update(self.weights.tobytes())
        return digest.hexdigest()

    def serve(self, process: int, processes: int) -> None:
        """Prepare for one of several processes, each of which takes a part of each batch.

        Args:
            process: int. The number of this process, from 0.
            processes: int. The number of processes.
        """

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, row: int) -> tuple[np.ndarray, int]:
        """Return the token ids of a row and the length of its first segment."""
        batch = bisect_right(self._starts, row) - 1
        offsets = self._offsets[batch]
        at = row - self._starts[batch]
        ids = self._tokens.ids(batch, int(offsets[at]), int(offsets[at + 1]))
        return ids, int(self.first_lengths[row])

    def windows(self, row: int) -> list[Encoded]:
        """Return the windows of a row as the model reads them: one if rows are cut."""
        ids, first_length = self[row]
        if self.window_split is None:
            return [(ids, first_length)]
        return self.window_split.split(ids, first_length)

    @functools.cached_property
    def window_counts(self) -> np.ndarray:
        """The number of windows of each row, an int array [rows]."""
        if self.window_split is None:
            return np.ones(len(self), np.int64)
        return self.window_split.counts(self.lengths, self.first_lengths)

    @functools.cached_property
    def read_tokens(self) -> np.ndarray:
        """The number of tokens that the model reads of each row, in all its windows."""
        if self.window_split is None:
            return self.lengths
        return self.window_split.tokens(self.lengths, self.first_lengths)

    @property
    def order_version(self) -> int:
        """The version of the random order that a new run on the rows starts with."""
        return order_version(len(self))

    @property
    def rows_at_hand(self) -> np.ndarray:
        """Rows that represent all rows, and whose tokens are read soonest: here, all rows."""
        return np.arange(len(self))

    @property
    def widest(self) -> np.ndarray:
        """The number of tokens of the longest window of each row."""
        if self.window_split is None:
            return self.lengths
        return np.minimum(self.lengths, self.max_length)


def _joined(arrays: list[np.ndarray]) -> np.ndarray:
    return arrays[0] if len(arrays) == 1 else np.concatenate([np.empty(0, np.int32), *arrays])


def _key(examples: Examples, tokenizer: Tokenizer, max_length: int) -> str:
    labels = () if examples.labels is None else examples.labels.names
    parts = (_FORMAT, examples.fingerprint, tokenizer.fingerprint, max_length, labels)
    return hashlib.sha256(repr(parts).encode()).hexdigest()
