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
    trainings = [(case, shape) for shape, case in PARTS[backend].items()]
    first = [(case, Shape(1)) for case, _ in trainings]
    # What one process can do, the same one does: its imports take as long as a training.
    run(backend, tmp_path, [*first, *(one for one in trainings if one[1].processes == 1)])
    for case, shape in trainings:
        if shape.processes > 1:
            run(backend, tmp_path, [(case, shape)])
        found = differences(tmp_path, case, shape)
        assert max(found.values()) < BOUND, (case, shape, found)
