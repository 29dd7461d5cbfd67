"""TF-IDF of token ids."""

from typing import Any

import numpy as np

from kbert.linear.labelled_rows import LabelledRows
from kbert.linear.terms import terms
from kbert.tokenizer.tokenizer import Tokenizer

_MIN_ROWS = 2  # training rows that must have a term for it to be counted


class TfIdf:
    """TF-IDF of the tokens in a store, and of pairs of adjacent ones; the texts are not read again.

        tf = 1 + ln(count in the row)
        idf = ln((1 + rows) / (1 + training rows with the term)) + 1
        row = tf * idf / ||tf * idf||

    Terms and their frequencies are those of the training rows alone. A term that only one training
    row has is left out.

    Args:
        training: LabelledRows. The training rows.
        tokenizer: Tokenizer.
        max_terms: int. With more terms, those that occur in the most rows are counted.

    Attributes:
        training: SciPy's CSR array [rows, terms], the features of the training rows.

    Source: K. Spärck Jones, "A statistical interpretation of term specificity", 1972; smoothed and
    normalized as in scikit-learn's `TfidfTransformer(sublinear_tf=True)`.
    """

    def __init__(self, training: LabelledRows, tokenizer: Tokenizer, max_terms: int) -> None:
        self._special = (tokenizer.pad_id, tokenizer.cls_id, tokenizer.sep_id)
        self._vocabulary = len(tokenizer)
        self._numbers = np.empty(0, np.int64)
        places, numbers = self._terms(training)
        known, columns = np.unique(numbers, return_inverse=True)
        counts = _counts(places, columns, (len(training), len(known)))
        with_term = np.bincount(counts.indices, minlength=len(known))
        kept = np.flatnonzero(with_term >= _MIN_ROWS)
        if len(kept) > max_terms:
            most = np.argsort(-with_term[kept], kind="stable")[:max_terms]
            kept = np.sort(kept[most])
        self._numbers = known[kept]
        self._idf = np.log((1 + len(training)) / (1 + with_term[kept])) + 1
        self.training = self._weighted(counts[:, kept])

    def __len__(self) -> int:
        """The number of terms that are counted."""
        return len(self._numbers)

    def transform(self, rows: LabelledRows) -> Any:
        """Return the features of other rows, a CSR array [rows, terms]."""
        places, numbers = self._terms(rows)
        columns = np.searchsorted(self._numbers, numbers)
        columns[columns == len(self)] = 0
        known = np.zeros(len(numbers), bool)
        if len(self):
            known = self._numbers[columns] == numbers
        return self._weighted(_counts(places[known], columns[known], (len(rows), len(self))))

    def _terms(self, rows: LabelledRows) -> tuple[np.ndarray, np.ndarray]:
        return terms(rows.store, rows.rows, self._special, self._vocabulary)

    def _weighted(self, counts: Any) -> Any:
        rows = counts.copy()
        rows.data = (1 + np.log(rows.data)) * self._idf[rows.indices]
        norms = np.sqrt(rows.power(2).sum(axis=1))
        rows.data /= np.repeat(norms, np.diff(rows.indptr))
        return rows


def _counts(places: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> Any:
    """Return how often each term occurs in each row."""
    from scipy.sparse import csr_array

    return csr_array((np.ones(len(places)), (places, columns)), shape=shape)  # it adds them up
