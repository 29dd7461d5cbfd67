import datetime
import json
from decimal import Decimal

import numpy as np
import pandas
import pytest

from kbert.utils.cell_fault import CellFault
from kbert.utils.table_cells import cell_text, json_cell, plain_value, sheet_cell

DAY = datetime.date(2024, 2, 29)
NOON = datetime.datetime(2024, 2, 29, 12)


@pytest.mark.parametrize(
    ("value", "text", "of_json", "of_sheet"),
    [
        ("007", "007", "007", "007"),
        ("", "", "", None),
        (None, "", None, None),
        (float("nan"), "", None, None),
        (pandas.NA, "", None, None),
        (pandas.NaT, "", None, None),
        (np.datetime64("NaT"), "", None, None),
        (float("inf"), "inf", "inf", "inf"),
        (3.0, "3.0", 3.0, 3.0),
        (np.float32(0.1), "0.1", 0.1, 0.1),
        (np.int64(5), "5", 5, 5),
        (2**60, str(2**60), 2**60, str(2**60)),
        (True, "True", True, True),
        (Decimal("1.50"), "1.50", "1.50", 1.5),
        (Decimal("0.12345678901234567891"), *("0.12345678901234567891",) * 3),
        (DAY, "2024-02-29", "2024-02-29", DAY),
        (NOON, "2024-02-29T12:00:00", "2024-02-29T12:00:00", NOON),
        (np.datetime64("2024-02-29T12", "ns"), "2024-02-29T12:00:00", "2024-02-29T12:00:00", NOON),
        (datetime.date(1850, 1, 1), "1850-01-01", "1850-01-01", "1850-01-01"),
        (
            NOON.replace(tzinfo=datetime.UTC),
            *("2024-02-29T12:00:00+00:00",) * 3,
        ),
        (datetime.time(9, 30), "09:30:00", "09:30:00", datetime.time(9, 30)),
        (b"\xc3\xa9", "é", "é", "é"),
        ([1, None, "é"], '[1, null, "é"]', [1, None, "é"], '[1, null, "é"]'),
        (np.array([[1.5]]), "[[1.5]]", [[1.5]], "[[1.5]]"),
        ({1: {"x"}}, '{"1": ["x"]}', {"1": ["x"]}, '{"1": ["x"]}'),
        ("a\x01\r", "a\x01\r", "a\x01\r", "a_x0001__x000D_"),
        (CellFault("error", "#N/A"), "#N/A", "#N/A", "#N/A"),
        (CellFault("merged", "merged with row 2"), "", "", None),
    ],
    ids=repr,
)
def test_cells(value, text, of_json, of_sheet):
    assert cell_text(value) == text
    assert json_cell(value) == of_json
    json.dumps(json_cell(value), allow_nan=False)
    found = sheet_cell(value)
    assert (type(found), found) == (type(of_sheet), of_sheet)


def test_bytes_in_another_encoding():
    assert cell_text(b"\xe9", "cp1252") == "é"
    assert cell_text(b"\xff", "utf-8") == "\\xff"


def test_values_of_a_data_frame():
    values = [np.float32(0.5), float("nan"), b"a", [1], CellFault("merged", ""), "x"]
    assert list(map(plain_value, values)) == [0.5, None, "a", [1], None, "x"]
