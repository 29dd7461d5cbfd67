"""Time JAX's sum of gradients over virtual devices of this host.

Prints a line of JSON: the seconds to sum `--numbers` float32 values, and to sum a few. XLA splits
the host into several devices only if its flags are set before JAX starts, so `benchmarks.scaling`
runs this in a separate process.
"""

import argparse
import json
import statistics
import time

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

_TURNS = 5


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=int, required=True)
    options = parser.parse_args()
    mesh = Mesh(np.array(jax.devices()), ("devices",))
    found = {"devices": len(jax.devices())}
    for name, numbers in (("few", 1024), ("all", options.numbers)):
        found[name] = _seconds(mesh, numbers)
    print(json.dumps(found))


def _seconds(mesh: Mesh, numbers: int) -> float:
    """Return the seconds to sum `numbers` values of each device, with the result on all devices."""
    split = NamedSharding(mesh, PartitionSpec("devices"))
    whole = NamedSharding(mesh, PartitionSpec())
    devices = mesh.devices.size
    rows = jax.device_put(np.ones((devices, numbers), np.float32), split)
    total = jax.jit(lambda each: each.sum(axis=0), out_shardings=whole)
    assert float(total(rows)[0]) == devices
    seconds = []
    for _ in range(_TURNS):
        started = time.perf_counter()
        jax.block_until_ready(total(rows))
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
