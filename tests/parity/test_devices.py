"""Any number of devices and processes trains the same classifier, evaluates and predicts alike."""

import pytest

from .devices import BOUND, Shape, differences, run

pytestmark = pytest.mark.parity

# By hand, `python -m tests.parity.devices` has more cases and shapes.
PARTS = {
    "jax": ([Shape(8), Shape(2, 2)], ["rows", "packed rows"]),
    "tensorflow": ([Shape(2)], ["weighted rows without dropout"]),
}


@pytest.mark.parametrize("backend", PARTS)
def test_several_devices_train_as_one_does(backend, tmp_path):
    shapes, cases = PARTS[backend]
    for shape in (Shape(1), *shapes):
        run(backend, shape, tmp_path, cases)
    for case in cases:
        for shape in shapes:
            found = differences(tmp_path, case, shape)
            assert max(found.values()) < BOUND, (case, shape, found)
