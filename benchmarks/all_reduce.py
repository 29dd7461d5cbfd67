"""The sum of gradients over virtual devices of this host, by JAX.

Prints a line of JSON: the seconds of a sum of `--numbers` float32, and of a few. XLA divides the
host among so many devices only where its flags are set before JAX starts, so `benchmarks.scaling`
runs this in a process of its own.
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
    """Return the time of a sum of so many numbers of each device, whose result all have."""
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
