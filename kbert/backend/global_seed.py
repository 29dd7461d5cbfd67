"""The seed of Keras's random numbers, as of keras 3.15."""


def global_seed() -> int:
    """Return what `keras.utils.set_random_seed` was last given, 0 before that.

    Keras has no public function for it. Leans on `get_random_seed` (utils/rng_utils.py).
    """
    from keras.src.utils.rng_utils import get_random_seed

    seed = get_random_seed()
    return 0 if seed is None else int(seed)
