"""Kernels whose results are bitwise reproducible."""

import os
import sys

from kbert.choices import Backend
from kbert.errors import InputError

# What the backends read from the environment when they start.
_SETTINGS: dict[Backend, tuple[str, str]] = {
    "tensorflow": ("TF_DETERMINISTIC_OPS", "1"),
    "jax": ("XLA_FLAGS", "--xla_gpu_deterministic_ops=true"),
    "torch": ("CUBLAS_WORKSPACE_CONFIG", ":4096:8"),
}


def use_deterministic_kernels(backend: Backend) -> None:
    """Let a backend use only reproducible kernels; call it before Keras is imported.

    On CPUs the kernels of a BERT are reproducible without it (`python -m tools.interruptions`). On
    GPUs some kernels, such as those of the gradients of embeddings, sum in an order that changes
    from run to run.

    Args:
        backend: str. "tensorflow", "jax" or "torch".

    Raises:
        InputError: the backend is already running without it.

    Example:

    ```python
    use_deterministic_kernels("torch")
    ```
    """
    name, value = _SETTINGS[backend]
    present = os.environ.get(name, "")
    if value not in present.split():
        if backend in sys.modules and backend != "torch":
            raise InputError(
                "{backend} is already running with other kernels. Set {name}={value} in the "
                "environment before Keras is imported.",
                backend=backend,
                name=name,
                value=value,
            )
        # Only XLA_FLAGS holds several settings.
        os.environ[name] = f"{present} {value}".strip() if name == "XLA_FLAGS" else value
    if backend == "torch":
        import torch

        torch.use_deterministic_algorithms(True)
