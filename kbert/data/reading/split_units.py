"""The units of a split: rows with equal texts, or of one group, that stay on one side."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SplitUnits:
    """Which unit each row belongs to, and a mark of each unit.

    Args:
        of_rows: int64 array [rows], the number of each row's unit.
        marks: uint64 array [units]. A hash of the unit's texts and the seed, which decides the
            order in which units are set aside; it does not depend on the order of the rows.
    """

    of_rows: np.ndarray
    marks: np.ndarray

    @classmethod
    def find(cls, keys: Iterable[str], seed: int, groups: np.ndarray | None = None) -> "SplitUnits":
        """Return the units of rows: those with the same key, and those of the same group.

        If a text occurs in two groups, both groups are one unit.

        Args:
            keys: iterable of str, one for each row: the text, in a form that is the same for
                texts that count as equal.
            seed: int.
            groups: int array [rows] or None. Defaults to None: the keys alone define the units.
        """
        numbers: dict[bytes, int] = {}  # by a digest: the keys may not fit in memory
        marks: list[bytes] = []
        mark = _marker(seed)

        def number(key: str) -> int:
            data = key.encode("utf-8", "surrogatepass")
            found = numbers.setdefault(hashlib.blake2b(data, digest_size=16).digest(), len(marks))
            if found == len(marks):
                marks.append(mark(data))
            return found

        texts = np.fromiter(map(number, keys), np.int64)
        of_texts = np.frombuffer(b"".join(marks), "<u8")
        return cls(texts, of_texts) if groups is None else _joined(texts, of_texts, groups)


def _joined(texts: np.ndarray, marks: np.ndarray, groups: np.ndarray) -> SplitUnits:
    """Return the units in which rows of the same text, or of the same group, are together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names, group = np.unique(groups, return_inverse=True)
    nodes = len(marks) + len(names)
    edges = coo_array(
        (np.ones(len(texts), np.int8), (texts, len(marks) + group)), shape=(nodes, nodes)
    )
    _, found = connected_components(edges, directed=False)
    of_texts = found[: len(marks)].astype(np.int64)  # each group has a text
    joined = np.zeros(int(of_texts.max(initial=-1)) + 1, np.uint64)
    np.bitwise_xor.at(joined, of_texts, marks)
    return SplitUnits(of_texts[texts], joined)


def _marker(seed: int) -> Callable[[bytes], bytes]:
    """Return a function that maps a key to its place in an order that depends on the seed."""
    salted = hashlib.blake2b(digest_size=8, key=seed.to_bytes(16, "little", signed=True))

    def mark(key: bytes) -> bytes:
        hashed = salted.copy()
        hashed.update(key)
        return hashed.digest()

    return mark
