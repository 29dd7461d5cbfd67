from decimal import Decimal

import numpy as np
import pytest

from kbert import Examples, InputError, read_examples
from kbert.data.reading.row_weights import read_weight


@pytest.mark.parametrize(
    ("cell", "weight"),
    [
        *[("1", 1), (" 0.5 ", 0.5), (".5", 0.5), ("2.", 2), ("1e-3", 0.001), ("0", 0), (b"3", 3)],
        *[(2, 2), (0.25, 0.25), (np.float32(0.5), 0.5), (np.int64(3), 3), (Decimal("0.1"), 0.1)],
    ],
)
def test_a_weight_is_a_number_or_a_number_as_text(cell, weight):
    assert read_weight(cell, "w") == weight


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", "the weight (column 'w') is missing"),
        (None, "the weight (column 'w') is missing"),
        (float("nan"), "the weight (column 'w') is missing"),
        ("-1", "the weight (column 'w') is negative: -1"),
        (-0.5, "the weight (column 'w') is negative: -0.5"),
        ("0,5", "the weight (column 'w') is not a number: 0,5"),
        ("nan", "the weight (column 'w') is not a number: nan"),
        ("inf", "the weight (column 'w') is not a number: inf"),
        ("1_000", "the weight (column 'w') is not a number: 1_000"),
        ("١", "the weight (column 'w') is not a number: ١"),
        ("1e99", "the weight (column 'w') is not a number: 1e99"),
        (float("inf"), "the weight (column 'w') is not a number: inf"),
        (10**400, "the weight (column 'w') is not a number: "),
        (True, "the weight (column 'w') is not a number: True"),
        ([1], "the weight (column 'w') is not a number: [1]"),
    ],
)
def test_cells_that_are_not_weights_are_refused(cell, reason):
    assert str(read_weight(cell, "w")).startswith(reason)


@pytest.mark.parametrize(
    ("cell", "cure"),
    [
        ("0,5", "write it with a decimal point"),
        ("1e99", "write 0 or a positive number"),
        ("few, or none", "write 0 or a positive number"),
    ],
)
def test_a_decimal_comma_has_a_cure_of_its_own(cell, cure):
    assert str(read_weight(cell, "w").cure).startswith(cure)


def test_a_file_with_a_column_of_weights(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label,trust\ngood,yes,0.5\nbad,no,2\nfine,yes,0\n")
    examples = read_examples(path, weight="trust")
    assert examples.weights.tolist() == [0.5, 2, 0]
    assert examples.weights.dtype == np.float32
    assert examples.take(np.array([2, 1])).weights.tolist() == [0, 2]
    assert str(examples.columns) == "text = 'text', label = 'label', weight = 'trust'"
    assert read_examples(path).weights is None
    assert read_examples(path).fingerprint != examples.fingerprint


def test_the_files_of_a_pattern_have_the_weights_in_the_same_column(tmp_path):
    (tmp_path / "a1.csv").write_text("text,label,w\ngood,yes,1\nbad,no,2\n")
    (tmp_path / "a2.csv").write_text("text,label,w\nfine,yes,3\n")
    assert read_examples(tmp_path / "a*.csv", weight="w").weights.tolist() == [1, 2, 3]
    (tmp_path / "a2.csv").write_text("text,label\nfine,yes\n")
    with pytest.raises(InputError, match=r"a2\.csv lacks the column 'w', unlike .*a1\.csv"):
        read_examples(tmp_path / "a*.csv", weight="w")


def test_a_bad_weight_names_its_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label,w\ngood,yes,1\nbad,no,much\nso so,no,1\n")
    with pytest.raises(InputError, match=r"row 2 \(line 3\): the weight .* not a number: much"):
        read_examples(path, weight="w")
    examples = read_examples(path, weight="w", on_bad_row="skip")
    assert (len(examples), len(examples.skipped)) == (2, 1)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ("label", "named both as the label and as the weight"),
        ("v", "has no column 'v'. Did you mean 'w'|has no column 'v'"),
    ],
)
def test_a_wrong_column_of_weights(weight, message):
    data = {"text": ["good", "bad"], "label": ["yes", "no"], "w": [1, 2]}
    with pytest.raises(InputError, match=message):
        read_examples(data, weight=weight)


def test_a_set_may_lack_the_weights_if_they_are_not_needed():
    data = {"text": ["good", "bad"], "label": ["yes", "no"]}
    assert read_examples(data, weight="w", need_weight=False).weights is None


def test_weights_that_are_all_0_are_refused():
    data = {"text": ["good", "bad"], "label": ["yes", "no"], "w": [0, 0]}
    with pytest.raises(InputError, match=r"every row has the weight 0 \(column 'w'\)"):
        read_examples(data, weight="w")


@pytest.mark.parametrize(
    "weights", [[1], [[1, 2]], ["1", "2"], [1, -1], [1, np.nan], [1, np.inf], [True, False]]
)
def test_weights_of_examples_are_numbers_one_per_row(weights):
    with pytest.raises(InputError, match="weights. must be 2 numbers, one per row, 0 or more"):
        Examples(["a", "b"], weights=weights)
