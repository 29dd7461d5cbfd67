"""The precision in which a machine trains soonest."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kbert.choices import Backend, Precision

# Products are the larger part of a step: what gains less here gains nothing there.
_MIN_GAIN = 1.5
_ROWS, _HIDDEN, _INNER = 1024, 384, 1536  # those of MiniLM's larger products
_TURNS = 7
_AMPERE, _VOLTA = (8, 0), (7, 0)  # the first GPUs that multiply bfloat16 and float16 faster


@dataclass(frozen=True)
class PrecisionChoice:
    """The precision of a run, and why.

    Args:
        precision: "float32", "bfloat16" or "float16".
        reason: str. Why it was chosen; empty where it was asked for.
    """

    precision: Precision
    reason: str = ""

    def __str__(self) -> str:
        return f"Computing in {self.precision}" + (f": {self.reason}." if self.reason else ".")


def choose_precision(asked: Precision, backend: Backend) -> PrecisionChoice:
    """Return the precision that is asked for; for "auto", the one that is faster here.

    On a processor both are measured, by the product of two matrices; JAX's bfloat16 gains nothing
    there, whatever the product does. GPUs are known by their compute capability, 8.0 and above for
    bfloat16, 7.0 and above for float16 with loss scaling; a TPU computes in bfloat16.

    Args:
        asked: "auto", "float32", "bfloat16" or "float16".
        backend: str. The one that Keras runs on, which is imported.
    """
    if asked != "auto":
        return PrecisionChoice(asked)
    accelerator = _ACCELERATORS[backend]()
    if accelerator is not None:
        return accelerator
    if backend == "jax":
        return PrecisionChoice("float32", "on a processor JAX gains nothing from bfloat16")
    gain = _gain(_PRODUCTS[backend])
    told = f"this processor multiplies bfloat16 {gain:.1f} times as fast"
    return PrecisionChoice("bfloat16" if gain >= _MIN_GAIN else "float32", told)


def _of_gpu(capability: tuple[int, int]) -> PrecisionChoice:
    told = f"the GPU's compute capability is {capability[0]}.{capability[1]}"
    if capability >= _AMPERE:
        return PrecisionChoice("bfloat16", told)
    return PrecisionChoice("float16" if capability >= _VOLTA else "float32", told)


def _torch_accelerator() -> PrecisionChoice | None:
    import torch

    if torch.cuda.is_available():
        return _of_gpu(torch.cuda.get_device_capability())
    if torch.backends.mps.is_available():
        return PrecisionChoice("float32", "on Apple's GPU others have not been tried")
    return None


def _tensorflow_accelerator() -> PrecisionChoice | None:
    import tensorflow as tf

    if tf.config.list_physical_devices("TPU"):
        return PrecisionChoice("bfloat16", "a TPU multiplies in it")
    for gpu in tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(gpu)
        return _of_gpu(tuple(details.get("compute_capability", (0, 0))))
    return None


def _jax_accelerator() -> PrecisionChoice | None:
    import jax

    device = jax.devices()[0]
    if device.platform == "tpu":
        return PrecisionChoice("bfloat16", "a TPU multiplies in it")
    if device.platform == "gpu":
        major, _, minor = str(getattr(device, "compute_capability", "0.0")).partition(".")
        return _of_gpu((int(major), int(minor or 0)))
    return None


def _gain(product: Callable[[str], Callable[[], Any]]) -> float:
    """Return how much sooner a product is done in bfloat16, both measured in turn."""
    seconds: dict[str, list[float]] = {"float32": [], "bfloat16": []}
    products = {dtype: product(dtype) for dtype in seconds}
    for _ in range(_TURNS):
        for dtype, multiply in products.items():
            started = time.perf_counter()
            multiply()
            seconds[dtype].append(time.perf_counter() - started)
    return min(seconds["float32"]) / min(seconds["bfloat16"])


def _torch_product(dtype: str) -> Callable[[], Any]:
    import torch

    rows = torch.ones(_ROWS, _HIDDEN, dtype=getattr(torch, dtype))
    weights = torch.ones(_HIDDEN, _INNER, dtype=rows.dtype)
    return lambda: rows @ weights


def _tensorflow_product(dtype: str) -> Callable[[], Any]:
    import tensorflow as tf

    rows, weights = tf.ones((_ROWS, _HIDDEN), dtype), tf.ones((_HIDDEN, _INNER), dtype)
    return lambda: tf.matmul(rows, weights).numpy()


_ACCELERATORS: dict[Backend, Callable[[], PrecisionChoice | None]] = {
    "torch": _torch_accelerator,
    "tensorflow": _tensorflow_accelerator,
    "jax": _jax_accelerator,
}
_PRODUCTS: dict[Backend, Callable[[str], Callable[[], Any]]] = {
    "torch": _torch_product,
    "tensorflow": _tensorflow_product,
}
