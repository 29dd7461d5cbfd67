"""The processes that train together, and the values that they exchange, as of jax 0.10.

The values go through JAX's coordination service, which process 0 runs. Leans on
`global_state.client` of jax._src.distributed, whose key-value store JAX offers in no other way.
JAX's collectives compute on the devices, which may be busy or lost.
"""

import contextlib
import functools
import sys
from typing import Any

from kbert.backend.launch import Launch

HEARTBEAT = 10
"""Seconds after which a process that does not answer counts as lost; JAX's own default is 100."""
_FOREVER_MS = 7 * 24 * 3600 * 1000  # a lost process ends the others earlier
_PREFIX = "kbert/"


def join(launch: Launch) -> None:
    """Join the other processes; call it before anything computes with JAX.

    `jax.distributed.initialize` is called directly: `keras.distribution.initialize` hides
    `heartbeat_timeout_seconds`.
    """
    import jax

    # JAX's own handler of SIGTERM would replace Python's, and end nothing.
    with contextlib.suppress(AttributeError):  # an older JAX does not have it
        jax.config.update("jax_enable_preemption_service", False)
    named = launch.coordinator is not None
    jax.distributed.initialize(
        launch.coordinator,
        launch.processes,
        launch.process,
        heartbeat_timeout_seconds=HEARTBEAT,
        # Process 0 may still write a report when the others have ended.
        shutdown_timeout_seconds=24 * 3600,
        cluster_detection_method="deactivate" if named else None,
    )


def is_joined() -> bool:
    """Return whether this process has joined others."""
    # `jax` alone proves nothing: other backends import it too.
    state = sys.modules.get("jax._src.distributed")
    return state is not None and state.global_state.client is not None


def process_count() -> int:
    """Return how many processes train together; 1 where this one is alone."""
    return int(_state().num_processes) if is_joined() else 1


def process_index() -> int:
    """Return the number of this process, from 0."""
    return int(_state().process_id) if is_joined() else 0


def is_first() -> bool:
    """Return whether this is the process that writes files and prints."""
    return process_index() == 0


def level_of(verbose: int) -> int:
    """Return how much this process prints: nothing unless it is the first."""
    return verbose if is_first() else 0


def tell(key: str, value: str) -> None:
    """Send the other processes a value, once."""
    _state().client.key_value_set(_PREFIX + key, value)


def told(key: str) -> dict[str, str]:
    """Return the values sent so far under a key, by the rest of their keys."""
    prefix = f"{_PREFIX}{key}/"
    return {
        name.removeprefix(prefix): value
        for name, value in _state().client.key_value_dir_get(prefix)
    }


def wait_for(key: str) -> str:
    """Wait until a value is sent, and return it."""
    return str(_state().client.blocking_key_value_get(_PREFIX + key, _FOREVER_MS))


def gather(name: str, value: str) -> list[str]:
    """Return the values of all processes in their order, once all have reached this call.

    Args:
        name: str. The name of the value, the same in all processes.
        value: str. The value of this process.
    """
    if not is_joined():
        return [value]
    key = f"gather/{_turn()}-{name}"
    tell(f"{key}/{process_index()}", value)
    return [wait_for(f"{key}/{process}") for process in range(process_count())]


def barrier(name: str) -> None:
    """Wait until all processes have reached this call."""
    gather(name, "")


_turns: list[None] = []


def _turn() -> int:
    """Return a new number for a `gather`, the same in all processes, as all take part in each."""
    _turns.append(None)
    return len(_turns)


@functools.cache
def _state() -> Any:
    import jax._src.distributed

    return jax._src.distributed.global_state
