"""Choose the backend, before Keras is imported."""

import contextlib
import functools
import importlib.util
import json
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any, get_args

from kbert.backend.compilation_cache import use_compilation_cache
from kbert.choices import Backend
from kbert.errors import InputError
from kbert.findings import Cure, Joined, Option
from kbert.utils.lasting_stream import LastingStream
from kbert.utils.missing_package import pip_install, pip_install_extra

BACKENDS: tuple[Backend, ...] = get_args(Backend)
_FASTEST_FIRST: tuple[Backend, ...] = ("torch", "tensorflow", "jax")  # docs/benchmarks.md
_OF_KERAS = "tensorflow"  # what Keras writes to keras.json by itself


def choose_backend(wanted: str | None = None) -> Backend:
    """Set the backend for the import of Keras and return its name.

    It is `wanted`; else the one that Keras already runs on in this process; else $KERAS_BACKEND;
    else the one in keras.json, if that is installed and not tensorflow, which Keras writes there by
    itself; else the fastest that is installed: torch, tensorflow, jax.

    Args:
        wanted: str or None. Defaults to None.

    Raises:
        InputError: the backend is unknown or not installed, none is installed, or Keras has already
            been imported with another.
    """
    current = _running()
    asked = _named(wanted) or _fastest_installed()
    backend = next((name for name in BACKENDS if name == asked), None)
    if backend is None:
        near = get_close_matches(str(asked).lower(), BACKENDS, 1)
        raise InputError(
            "{setting} must be one of {backends}. Received: {asked!r}"
            + (". Did you mean {near!r}?" if near else ""),
            setting=Option("backend") if wanted else "KERAS_BACKEND",
            backends=Joined(BACKENDS),
            asked=asked,
            near=near[0] if near else "",
        )
    if not _installed(backend):
        others = [name for name in BACKENDS if _installed(name)]
        raise InputError(
            "The backend {backend} is not installed.",
            backend=backend,
            cure=Cure(code=pip_install(backend), otherwise=(Cure({"backend": others[0]}),))
            if others
            else Cure(code=pip_install_extra(backend), note="in a clone of kbert"),
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
def _tensorflow_has_processors_alone() -> bool:
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU") + tf.config.list_physical_devices("TPU")


def computes_on_processor(values: Any) -> bool:
    """Return whether a tensor of the backend is computed on one processor, and on nothing else."""
    keras = sys.modules["keras"]
    if keras.backend.backend() == "torch":
        return values.device.type == "cpu"  # symbolic tensors have no device
    if keras.distribution.distribution() is not None:
        return False
    if keras.backend.backend() == "tensorflow":
        return _tensorflow_has_processors_alone()
    import jax

    return jax.default_backend() == "cpu"


def alternatives(wanted: str | None = None) -> list[Backend]:
    """Return the installed backends that `choose_backend` would pass over for no stated reason.

    keras-hub installs TensorFlow, so it is also present where another backend is intended.

    Args:
        wanted: str or None. As in `choose_backend`.
    """
    if _named(wanted):
        return []
    return [name for name in _FASTEST_FIRST if _installed(name)][1:]


def _running() -> str | None:
    return sys.modules["keras"].backend.backend() if "keras" in sys.modules else None


def _named(wanted: str | None) -> str | None:
    """Return the backend that is already set in one of the places where it can be, or None."""
    in_file = _from_keras_json()
    in_file = in_file if in_file and in_file != _OF_KERAS and _installed(in_file) else None
    return wanted or _running() or os.environ.get("KERAS_BACKEND") or in_file


def _fastest_installed() -> str:
    found = next(filter(_installed, _FASTEST_FIRST), None)
    if found is None:
        raise InputError(
            "No backend is installed.",
            cure=Cure(
                code=pip_install_extra("tensorflow"),
                note="in a clone of kbert, or the same with jax or torch",
            ),
        )
    return found


def import_keras() -> None:
    """Import Keras and keras-hub without the start-up logs of TensorFlow's C++ libraries.

    keras-hub imports TensorFlow on every backend, and TensorFlow logs absent GPUs and processor
    features straight to file descriptor 2. The logs are shown only if the import fails.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Each batch width is traced once, on purpose.
    logging.getLogger("tensorflow").addFilter(_is_not_of_retracing)
    with _held_standard_error():
        import keras
        import keras_hub  # noqa: F401

        keras.ops.zeros(())  # the first tensor looks for devices, which also logs
        if keras.backend.backend() == "jax":
            use_compilation_cache()


@contextmanager
def _held_standard_error() -> Iterator[None]:
    """Hold back what is written to file descriptor 2, unless the block fails."""
    LastingStream("stderr").flush()
    try:
        saved = os.dup(2)
    except OSError:  # it is closed: nobody would see the output
        yield
        return
    with _temporary_file() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except Exception:
            held.seek(0)
            with contextlib.suppress(OSError):
                os.write(saved, held.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def _temporary_file() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile()
    except FileNotFoundError as error:
        raise InputError(
            "Temporary files cannot be written anywhere: {reason}",
            reason=error.strerror,
            cure=Cure(note="set the variable TMPDIR to a folder that can be written to"),
        ) from None


def _is_not_of_retracing(record: logging.LogRecord) -> bool:
    return "retracing" not in record.getMessage()


def _installed(backend: str) -> bool:
    return backend in BACKENDS and importlib.util.find_spec(backend) is not None


def _from_keras_json() -> str | None:
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        backend = json.loads((home / "keras.json").read_text(encoding="utf-8")).get("backend")
    except (OSError, ValueError, AttributeError):
        return None
    return backend if isinstance(backend, str) else None
