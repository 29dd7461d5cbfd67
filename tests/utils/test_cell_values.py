import datetime
import enum
import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from kbert.utils.cell_values import to_label, to_text


class Colour(str, enum.Enum):  # noqa: UP042 - which writes itself as "Colour.RED"
    RED = "red"


class Number(enum.Enum):
    ONE = 1


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no")


def shown(value):
    """Return the repr of a value without the address of an object, which differs each time."""
    return re.sub(" at 0x[0-9a-f]+", "", repr(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *(("a", "a"), (" a ", " a "), ("NaN", "NaN"), ("", ""), (np.str_("é"), "é")),
        *((b"caf\xc3\xa9", "café"), (bytearray(b"a"), "a"), (memoryview(b"a"), "a")),
        *((np.bytes_(b"a"), "a"), (b"\xef\xbb\xbfa", "a"), (Colour.RED, "red")),
        *((np.array("a"), "a"), (np.array("a", object), "a"), (pa.scalar("a"), "a")),
        *((pa.scalar(b"a"), "a"), (pa.scalar("a", pa.large_string()), "a")),
    ],
    ids=shown,
)
def test_texts(value, text):
    for found in (to_text(value), to_label(value)):
        assert found == text
        assert type(found) is str


@pytest.mark.parametrize(
    "value",
    [
        *(
            None,
            float("nan"),
            np.float32("nan"),
            np.float64("nan"),
            Decimal("NaN"),
            Decimal("sNaN"),
            pd.NA,
            pd.NaT,
        ),
        *(np.datetime64("NaT"), np.ma.masked, pa.scalar(None), pa.scalar(None, pa.string())),
        np.array(np.nan),
    ],
    ids=shown,
)
def test_missing_values(value):
    assert to_text(value) is None
    assert to_label(value) is None


@pytest.mark.parametrize(
    ("value", "name"),
    [
        *((3, "3"), (3.0, "3"), (-0.5, "-0.5"), (np.float32(1), "1"), (np.int64(7), "7")),
        *((np.uint8(7), "7"), (np.float32(0.1), "0.1"), (np.float16(0.1), "0.1")),
        *((0.1, "0.1"), (2.333, "2.333")),
        *((np.float32(123456789), "123456792"), (1e22, "10000000000000000000000")),
        *((True, "True"), (np.False_, "False")),
        *((Decimal("1.00"), "1"), (Decimal("0.50"), "0.50"), (Decimal("-3E+2"), "-300")),
        *((Decimal("1E+999999"), "1E+999999"), (np.longdouble("0.25"), "0.25")),
        *((np.array(7), "7"), (pa.scalar(7), "7"), (pa.scalar(True), "True")),
        *((pa.scalar(0.5), "0.5"), (-0.0, "0")),
    ],
    ids=shown,
)
def test_numbers_are_labels_but_not_texts(value, name):
    assert to_label(value) == name
    assert to_text(value).kind in ("number", "bool")


@pytest.mark.parametrize(
    ("value", "kind", "name", "shown"),
    [
        (["so", "fine"], "several", "a list", "['so', 'fine']"),
        (list(range(1000)), "several", "a list", "[0, 1, 2, ...]"),
        ([], "several", "a list", "[]"),
        (("a", "b"), "several", "a tuple", "('a', 'b')"),
        ({"a"}, "several", "a set", "{'a'}"),
        (np.array(["a"]), "several", "an array", "array(['a'], dtype='<U1')"),
        (pa.scalar([1, 2]), "several", "a list", "[1, 2]"),
        ({"en": "fine"}, "mapping", "a dict", "{'en': 'fine'}"),
        (b"caf\xe9!", "bytes", "bytes that are not utf-8", "0xe9 0x21"),
        (datetime.date(2020, 1, 2), "other", "a date", "datetime.date(2020, 1, 2)"),
        (np.datetime64("2020-01-02"), "other", "a datetime64", "2020-01-02"),
        (pd.Timestamp("2020-01-02"), "other", "a Timestamp", "2020-01-02"),
        (Number.ONE, "other", "a Number", "<Number.ONE: 1>"),
        (Unprintable(), "other", "an Unprintable", "<Unprintable instance at"),
        (int, "other", "a type", "int"),
    ],
    ids=lambda value: None if isinstance(value, str) else type(value).__name__,
)
def test_other_values_are_described(value, kind, name, shown):
    for found in (to_text(value), to_label(value)):
        assert (found.kind, found.name) == (kind, name)
        assert shown in found.shown
        assert len(found.shown) <= 60


def test_bytes_are_read_in_their_encoding():
    assert to_text(b"caf\xe9", "cp1252") == "café"


def test_numbers_that_cannot_name_a_class():
    assert to_label(10**5000).kind == "number"
    for value in (1j, float("inf"), np.float32("-inf"), Decimal("Infinity")):
        assert to_label(value).kind == "number"
