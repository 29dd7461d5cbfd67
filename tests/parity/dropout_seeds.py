"""TensorFlow's replicas with dropout, averaged over seeds: python -m tests.parity.dropout_seeds.

Each replica draws its own dropout, so two devices do not train as one does, but as another seed
would. The tiny classifier of `tests.parity.devices` is trained with ten seeds on one device and on
two. Printed are the means of its loss without dropout, the spread over seeds, and

    t = (mean on two - mean on one) / sqrt((spread on one^2 + spread on two^2) / seeds)
"""

import json
import os
import subprocess
import sys
from typing import Any

import numpy as np

from .devices import BATCH, EPOCHS, build

SEEDS = 10
BOUND = 2.9  # of |t|, with probability 0.01 for 18 degrees of freedom


def losses(devices: int) -> list[float]:
    """Train with each seed, and return the losses afterwards."""
    import keras
    import tensorflow as tf

    from kbert.backend.devices import scope_of

    processor = tf.config.list_physical_devices("CPU")[0]
    parts = [tf.config.LogicalDeviceConfiguration()] * devices
    tf.config.set_logical_device_configuration(processor, parts)
    model, batches, examples, _ = build(devices, {"dropout": 0.1})
    with scope_of(model):
        model.optimizer.build(model.trainable_variables)
    variables = [*model.variables, *model.optimizer.variables]
    begin = [keras.ops.convert_to_numpy(variable) for variable in variables]
    dev = model.batches(examples, batch_size=BATCH)
    found = []
    for seed in range(SEEDS):
        for variable, value in zip(variables, begin, strict=True):
            is_seed = "seed_generator_state" in variable.path
            variable.assign([100 + seed, 0] if is_seed else value)
        model.fit(batches, epochs=EPOCHS, verbose=0)
        found.append(float(model.evaluate(dev, verbose=0)[0]))
    return found


def main() -> int:
    """Print the means, and return 1 if they differ by more than chance."""
    environment: dict[str, Any] = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.parity.dropout_seeds", "--work", str(devices)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for devices in (1, 2)
    ]
    one, two = (np.array(json.loads(each.communicate()[0].splitlines()[-1])) for each in started)
    for devices, found in ((1, one), (2, two)):
        print(f"{devices} devices: mean loss {found.mean():.5f}, spread {found.std(ddof=1):.5f}")
    spread = np.sqrt((one.var(ddof=1) + two.var(ddof=1)) / SEEDS)
    t = (two.mean() - one.mean()) / spread
    print(f"difference {two.mean() - one.mean():+.5f}, t {t:+.2f} over {SEEDS} seeds")
    return int(abs(t) > BOUND)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        print(json.dumps(losses(int(sys.argv[2]))))
    else:
        sys.exit(main())
