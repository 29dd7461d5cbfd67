"""Training, evaluation and prediction agree on any number of devices and processes."""

import pytest

from .devices import BOUND, Shape, differences, run

pytestmark = pytest.mark.parity

# Run by hand, `python -m tests.parity.devices` covers every case on every shape.
PARTS = {
    "jax": [
        ("rows", Shape(8)),
        ("terms of the loss", Shape(8)),
        ("rates and averages", Shape(2)),
        ("lora", Shape(2)),
        ("new and frozen layers", Shape(2)),
        ("linear head and average", Shape(2)),
        ("packed rows", Shape(2, 2)),
    ],
    # In one process: other devices, and sums of other shapes.
    "tensorflow": [("weighted rows without dropout", Shape(2)), ("fgm without dropout", Shape(4))],
}


@pytest.mark.parametrize("backend", PARTS)
def test_several_devices_train_like_one(backend, tmp_path):
    trainings = PARTS[backend]
    first = [(case, Shape(1)) for case, _ in trainings]
    # All one-process cases share a process, whose imports take as long as a training run.
    run(backend, tmp_path, [*first, *(one for one in trainings if one[1].processes == 1)])
    for case, shape in trainings:
        if shape.processes > 1:
            run(backend, tmp_path, [(case, shape)])
        found = differences(tmp_path, case, shape)
        assert max(found.values()) < BOUND, (case, shape, found)
