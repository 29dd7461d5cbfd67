"""The seed of Keras's random numbers, as of keras 3.15."""

import random
from collections.abc import Iterator
from contextlib import contextmanager


def global_seed() -> int:
    """Return the seed that `keras.utils.set_random_seed` was last given, or 0 before that.

    Keras has no public function for it. Leans on `get_random_seed` (utils/rng_utils.py).
    """
    from keras.src.utils.rng_utils import get_random_seed

    seed = get_random_seed()
    return 0 if seed is None else int(seed)


@contextmanager
def same_seeds() -> Iterator[None]:
    """Give layers that are built without a seed the same one in every process.

    JAX refuses variables that differ between processes. Leans on `make_default_seed`
    (random/seed_generator.py), which draws from Python's `random`. The state of `random` is
    restored afterwards.
    """
    state = random.getstate()
    random.seed(0)
    try:
        yield
    finally:
        random.setstate(state)
