import struct

import pytest

from kbert.utils.float_cells import float_cell


@pytest.mark.parametrize(
    ("number", "cell"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (3.5, "3.5"),
        (1 / 3, "0.33333334"),  # float32 has 24 bits
        (16777216.0, "16777216"),
        (1e-4, "0.0001"),
        (-2.5e-8, "-2.5e-08"),
        (1e18, "1e+18"),
    ],
)
def test_uses_the_fewest_digits(number, cell):
    assert float_cell(number) == cell
    assert struct.pack("f", float(cell)) == struct.pack("f", number)
