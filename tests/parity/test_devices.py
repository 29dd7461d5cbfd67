"""Any number of devices and processes trains the same classifier, evaluates and predicts alike."""

import pytest

from .devices import BOUND, Shape, differences, run

pytestmark = pytest.mark.parity

# By hand, `python -m tests.parity.devices` has every case on every shape.
PARTS = {
    "jax": {Shape(8): "rows", Shape(2, 2): "packed rows"},
    "tensorflow": {Shape(2): "weighted rows without dropout"},
}


@pytest.mark.parametrize("backend", PARTS)
def test_several_devices_train_as_one_does(backend, tmp_path):
    run(backend, Shape(1), tmp_path, list(PARTS[backend].values()))
    for shape, case in PARTS[backend].items():
        run(backend, shape, tmp_path, [case])
        found = differences(tmp_path, case, shape)
        assert max(found.values()) < BOUND, (case, shape, found)
