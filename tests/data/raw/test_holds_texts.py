"""Whether there are texts where Keras expects arrays of numbers."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from kbert.data.raw.holds_texts import holds_texts
from kbert.data.reading.many_texts import TextWriter

TEXTS = ["a", "b"]


@pytest.mark.parametrize(
    "given",
    [
        "a",
        b"a",
        TEXTS,
        [None, "a"],
        [3, "a"],
        (TEXTS, TEXTS),
        [("a", "b")],
        {"token_ids": TEXTS},
        np.array(TEXTS),
        np.array([b"a"]),
        np.array([float("nan"), "a"], object),
        pd.Series(TEXTS),
        pd.Series([None, "a"], dtype=object),
        pd.DataFrame({"n": [1], "text": ["a"]}),
        pa.array(TEXTS),
        pa.chunked_array([TEXTS]),
    ],
    ids=lambda given: type(given).__name__,
)
def test_texts(given):
    assert holds_texts(given)


@pytest.mark.parametrize(
    "given",
    [
        None,
        3,
        [],
        (),
        [1, 2],
        [[1, 2], [3, 4]],
        {},
        {"token_ids": [[1, 2]]},
        np.float32(1),
        np.eye(2),
        np.array([[1], [2]], object),
        pd.Series([1, 2]),
        pd.DataFrame({"n": [1]}),
        pa.array([1, 2]),
        range(3),
        (text for text in TEXTS),
    ],
    ids=lambda given: type(given).__name__,
)
def test_no_texts(given):
    assert not holds_texts(given)


def test_texts_of_a_writer():
    writer = TextWriter()
    writer.append("a")
    assert holds_texts(writer.texts())
