"""What a run computes on."""

from dataclasses import dataclass

from kbert.choices import Backend, Packing
from kbert.errors import InputError
from kbert.findings import Option


@dataclass(frozen=True, kw_only=True)
class MachineOptions:
    """The backend, what it computes, and whether its results repeat.

    Example:

    ```python
    assert MachineOptions(backend="jax").seed == 0
    ```
    """

    backend: Backend | None = None
    """Keras backend; by default that of KERAS_BACKEND or keras.json, else the fastest installed."""
    seed: int = 0
    """Decides the order of the data, the new head, dropout, and the split if it has no seed."""
    deterministic: bool = False
    """Use only kernels whose results repeat bit for bit on GPUs too, which are slower."""
    gradient_checkpointing: bool = False
    """Recompute the layers for the gradient, instead of keeping their outputs."""
    packing: Packing = "auto"
    """Whether several short texts share a row of a training batch; auto takes what is faster."""

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**32:
            raise InputError(
                "{option} must be from 0 to {largest}. Received: {seed}",
                option=Option("seed"),
                largest=2**32 - 1,
                seed=self.seed,
            )
