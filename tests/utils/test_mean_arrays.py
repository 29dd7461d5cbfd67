import numpy as np

from kbert.utils.mean_arrays import mean_arrays


def test_sums_in_float64_and_keeps_the_dtype():
    """Ten thousand times 0.1 in float32 adds up to 999.9, not to 1,000."""
    mean = mean_arrays({"a": np.float32([0.1]), "b": np.float16([2.0])} for _ in range(10_000))
    assert mean["a"] == np.float32(0.1)
    assert {name: array.dtype.name for name, array in mean.items()} == {
        "a": "float32",
        "b": "float16",
    }
