"""A cache of the programs that JAX has compiled, for the next process."""

import os
from collections import Counter

from kbert.utils.cache_folder import cache_folder

_MAX_SIZE = 2**30  # bytes
_EVENTS = {
    "/jax/compilation_cache/cache_hits": "found",
    "/jax/compilation_cache/cache_misses": "compiled",
}
_counted: Counter[str] = Counter()


def use_compilation_cache() -> None:
    """Let JAX store programs that take more than a second to compile in kbert's cache.

    Without it, each process compiles the training step again for each width of its batches. The
    user's own configuration is kept, and a cache that cannot be written or is damaged only costs
    a compilation. JAX keys the programs by their content, its version and the processor.

    Source: https://docs.jax.dev/en/latest/persistent_compilation_cache.html
    """
    import jax

    folder = cache_folder("jax")
    if folder is not None and not jax.config.jax_compilation_cache_dir:
        jax.config.update("jax_compilation_cache_dir", os.fspath(folder))
        jax.config.update("jax_compilation_cache_max_size", _MAX_SIZE)
    if not _counted:
        _counted.update(dict.fromkeys(_EVENTS.values(), 0))
        jax.monitoring.register_event_listener(_count)


def compilations() -> dict[str, int]:
    """Return how many programs were `compiled` and how many `found` in the cache, if counted."""
    return dict(_counted)


def _count(event: str, **_: object) -> None:
    if event in _EVENTS:
        _counted[_EVENTS[event]] += 1
