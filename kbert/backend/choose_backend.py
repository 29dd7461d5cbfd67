"""Which backend Keras runs on, decided before Keras is imported, and what hangs on it."""

import functools
import importlib.util
import json
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import get_args

from kbert.choices import Backend
from kbert.errors import InputError

BACKENDS: tuple[Backend, ...] = get_args(Backend)


def choose_backend(wanted: str | None = None) -> Backend:
    """Set the backend for the import of Keras and return its name.

    It is `wanted`; else the one Keras already runs on in this process; else $KERAS_BACKEND; else
    what keras.json says, if that is installed; else the first installed of tensorflow, jax, torch.

    Raises:
        KbertError: the one asked for is unknown or not installed, none is, or Keras has already
            been imported with another.
    """
    current = sys.modules["keras"].backend.backend() if "keras" in sys.modules else None
    asked = wanted or current or os.environ.get("KERAS_BACKEND") or _first_installed()
    backend = next((name for name in BACKENDS if name == asked), None)
    if backend is None:
        where = "" if wanted else " from KERAS_BACKEND"
        raise InputError(
            "The backend must be one of {backends}. Received: {asked!r}{where}",
            backends=", ".join(BACKENDS),
            asked=asked,
            where=where,
        )
    if not _installed(backend):
        others = [name for name in BACKENDS if _installed(name)]
        instead = f", or use one that is: --backend {others[0]}" if others else ""
        raise InputError(
            "The backend {backend} is not installed. Install it: pip install "
            "'keras-kbert[{backend}]'{instead}",
            backend=backend,
            instead=instead,
        )
    if current is not None and current != backend:
        raise InputError(
            "Keras already runs on {current} in this process and cannot change to {backend}. "
            "Set KERAS_BACKEND={backend} before Keras is imported.",
            current=current,
            backend=backend,
        )
    os.environ["KERAS_BACKEND"] = backend
    return backend


@functools.cache
def xla_is_slower() -> bool:
    """Whether TensorFlow runs without an accelerator, where XLA is slower than the plain graph.

    One of two choices in kbert that hang on the backend; the other is `optimizers/gradients.py`.
    """
    if sys.modules["keras"].backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU") + tf.config.list_physical_devices("TPU")


def _first_installed() -> str:
    found = next((n for n in (_from_keras_json(), *BACKENDS) if n and _installed(n)), None)
    if found is None:
        raise InputError(
            "No backend is installed. Install one: pip install 'keras-kbert[tensorflow]' (or "
            "keras-kbert[jax], keras-kbert[torch])"
        )
    return found


def import_keras() -> None:
    """Import Keras and keras-hub without the start-up notes of TensorFlow's C++ libraries.

    keras-hub imports TensorFlow whatever the backend, and it writes lines about absent GPUs and
    processor features straight to file descriptor 2. They are shown only when the import fails.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Every width of the batches is traced once, on purpose.
    logging.getLogger("tensorflow").addFilter(_is_not_of_retracing)
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        saved = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            import keras
            import keras_hub  # noqa: F401

            keras.ops.zeros(())  # the first tensor looks for devices, which makes notes too
        except Exception:
            held.seek(0)
            os.write(saved, held.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def _is_not_of_retracing(note: logging.LogRecord) -> bool:
    return "retracing" not in note.getMessage()


def _installed(backend: str) -> bool:
    return backend in BACKENDS and importlib.util.find_spec(backend) is not None


def _from_keras_json() -> str | None:
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        backend = json.loads((home / "keras.json").read_text(encoding="utf-8")).get("backend")
    except (OSError, ValueError, AttributeError):
        return None
    return backend if isinstance(backend, str) else None
