"""The precision in which a machine trains fastest."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kbert.choices import Backend, Precision, Recipe
from kbert.findings import worded

_CPUINFO = Path("/proc/cpuinfo")
# Instructions that multiply bfloat16, as Linux names them. Measured speed would vary between runs
# on a busy machine, and with it the results of two runs with the same seed.
_INSTRUCTIONS = {"amx_bf16": "AMX", "avx512_bf16": "AVX-512"}
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
        return worded("Computing in {precision}", precision=self.precision) + (
            worded(": {reason}.", reason=self.reason) if self.reason else "."
        )


def choose_precision(
    asked: Precision, backend: Backend, recipe: Recipe = "recommended"
) -> PrecisionChoice:
    """Return the precision that is asked for; for "auto", the one that is faster here.

    A CPU is judged by its instructions: torch and TensorFlow train short texts 1.4 to 1.8 times as
    fast with those for bfloat16, and JAX hardly gains (docs/benchmarks.md). A GPU is judged by its
    compute capability: 8.0 and above for bfloat16, 7.0 and above for float16 with loss scaling. A
    TPU computes in bfloat16.

    Args:
        asked: "auto", "float32", "bfloat16" or "float16".
        backend: str. The backend that Keras runs on, already imported.
        recipe: "recommended" or "google". With "google", "auto" is float32, as in Google's script.
            Defaults to "recommended".
    """
    if asked != "auto":
        return PrecisionChoice(asked)
    if recipe == "google":
        return PrecisionChoice("float32", worded("the google recipe uses float32"))
    accelerator = _ACCELERATORS[backend]()
    if accelerator is not None:
        return accelerator
    if backend == "jax":
        return PrecisionChoice("float32", worded("on a processor JAX gains nothing from bfloat16"))
    return _of_processor()


def _of_processor() -> PrecisionChoice:
    try:
        told = _CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        told = ""
    flags = next((line for line in told.splitlines() if line.startswith("flags")), "").split()
    for flag, name in _INSTRUCTIONS.items():
        if flag in flags:
            return PrecisionChoice(
                "bfloat16", worded("this processor multiplies it faster, with {name}", name=name)
            )
    return PrecisionChoice(
        "float32", worded("this processor is not known to multiply bfloat16 faster")
    )


def _of_gpu(capability: tuple[int, int]) -> PrecisionChoice:
    told = worded(
        "the GPU's compute capability is {major}.{minor}",
        major=capability[0],
        minor=capability[1],
    )
    if capability >= _AMPERE:
        return PrecisionChoice("bfloat16", told)
    return PrecisionChoice("float16" if capability >= _VOLTA else "float32", told)


def _torch_accelerator() -> PrecisionChoice | None:
    import torch

    if torch.cuda.is_available():
        return _of_gpu(torch.cuda.get_device_capability())
    if torch.backends.mps.is_available():
        return PrecisionChoice(
            "float32", worded("other precisions have not been tried on Apple's GPU")
        )
    return None


def _tensorflow_accelerator() -> PrecisionChoice | None:
    import tensorflow as tf

    if tf.config.list_physical_devices("TPU"):
        return PrecisionChoice("bfloat16", worded("a TPU multiplies in bfloat16"))
    for gpu in tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(gpu)
        return _of_gpu(tuple(details.get("compute_capability", (0, 0))))
    return None


def _jax_accelerator() -> PrecisionChoice | None:
    import jax

    device = jax.devices()[0]
    if device.platform == "tpu":
        return PrecisionChoice("bfloat16", worded("a TPU multiplies in bfloat16"))
    if device.platform == "gpu":
        major, _, minor = str(getattr(device, "compute_capability", "0.0")).partition(".")
        return _of_gpu((int(major), int(minor or 0)))
    return None


_ACCELERATORS: dict[Backend, Callable[[], PrecisionChoice | None]] = {
    "torch": _torch_accelerator,
    "tensorflow": _tensorflow_accelerator,
    "jax": _jax_accelerator,
}
