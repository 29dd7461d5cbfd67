"""The windows of long texts as rows of their own."""

import numpy as np

from kbert.data.token_store import TokenStore


class WindowRows(TokenStore):
    """A token store in which each row is a window of a text, for learning from tokens alone.

    A text that is not too long is one row. There are no labels and no weights: those of a text do
    not apply to each part of it.

    Args:
        texts: TokenStore, with a `window_split`.

    Example:

    ```python
    from kbert import Examples, Tokenizer

    tokenizer = Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"], long_text="windows")
    texts = TokenStore.build(Examples(["a", "a a a"]), tokenizer, max_length=4)
    assert [len(ids) for ids, _ in WindowRows(texts)] == [3, 4, 3]
    ```
    """

    def __init__(self, texts: TokenStore) -> None:
        split, counts = texts.window_split, texts.window_counts
        assert split is not None
        self.max_length = texts.max_length
        self.window_split = None
        self.labels = self.weights = None
        self.from_cache, self.not_kept = texts.from_cache, texts.not_kept
        self.lengths, self.first_lengths = split.window_lengths(texts.lengths, texts.first_lengths)
        self._texts = texts
        self._begins = np.cumsum(counts) - counts

    @property
    def fingerprint(self) -> str:
        return self._texts.fingerprint

    def __getitem__(self, row: int) -> tuple[np.ndarray, int]:
        text = int(np.searchsorted(self._begins, row, side="right")) - 1
        return self._texts.windows(text)[row - int(self._begins[text])]
