"""Running out of memory, which each backend says in its own way."""

from typing import Any

from kbert.config import TrainConfig
from kbert.errors import MachineError
from kbert.wording import counted

_SIGNS = (
    "resource_exhausted",
    "resource exhausted",
    "out of memory",
    "oom when allocating",
    "can't allocate memory",
    "not enough memory",
    "bad_alloc",
)


def says_out_of_memory(error: BaseException) -> bool:
    """Whether an exception of any backend says that the memory is full."""
    if isinstance(error, MemoryError):
        return True
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & {"ResourceExhaustedError", "OutOfMemoryError"}:
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in text for sign in _SIGNS)


def too_large(config: TrainConfig, batches: Any) -> MachineError:
    """Return the error that says so, with smaller batches that make the same updates."""
    size = config.batch_size
    widest = max(batches.width(index) for index in range(len(batches)))
    cures = []
    if size > 1:
        smaller = f"--batch-size {size // 2} --accumulation {config.accumulation * 2}"
        cures.append(f"{smaller}, which makes about the same updates")
    if config.max_length > 16:
        cures.append(f"--max-length {config.max_length // 2}")
    cure = ", or ".join([*cures, "a smaller --preset"])
    return MachineError(
        f"The memory does not hold a training step with {counted(size, 'row')} of {widest} tokens. "
        f"Cure: {cure}"
    )
