"""Sessions of exported programs, each opened by its own runtime: token ids in, numbers out."""

import os
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from kbert.choices import LongText
from kbert.errors import InputError
from kbert.utils.foreign import foreign_input
from kbert.utils.missing_package import pip_install
from kbert.utils.untrusted import check_file

Session = Callable[[Mapping[str, np.ndarray]], np.ndarray]
"""A function from int32 arrays [rows, width] by name to one float32 array [rows, labels]."""

PACKAGES = {"onnx": "onnxruntime", "openvino": "openvino", "litert": "ai-edge-litert"}
"""The package that runs each kind which `open_session` takes."""
# The suffixes by which the runtimes identify kinds of programs; some runtimes know several kinds.
_SUFFIXES = {"onnx": ".onnx", "openvino": ".xml", "litert": ".tflite"}
_XML_START = 64  # bytes


def output_name(long_text: LongText) -> str:
    """Return the name of a program's output; for windows it is their logits, to be pooled."""
    return "logits" if long_text == "windows" else "probabilities"


def open_session(
    kind: str, file: Path, threads: int | None = None, *, output: str = "probabilities"
) -> Session:
    """Return the session of an ONNX, OpenVINO or LiteRT program.

    Any number of threads may call it.

    Args:
        kind: str. "onnx", "openvino" or "litert".
        file: Path.
        threads: int or None. Threads of one call. Defaults to None: the runtime's choice.
        output: str. The program's name for what is returned; see `output_name`. Defaults to
            "probabilities".

    Raises:
        InputError: the runtime is not installed, or refuses the file.
    """
    opened = {"onnx": _open_onnx, "openvino": _open_openvino, "litert": _open_litert}.get(kind)
    if opened is None:
        raise InputError(
            "{folder} is an export in the format {kind!r:.40}, but kbert runs only onnx, openvino "
            "and litert. Its README.md tells how to call it.",
            folder=file.parent,
            kind=kind,
        )
    _check_part(file)
    try:
        return opened(file, threads, output)
    except ModuleNotFoundError:
        raise InputError(
            "{file} needs the package {package}. Install it: {install}",
            file=file,
            package=PACKAGES[kind],
            install=pip_install(PACKAGES[kind]),
        ) from None


def check_suffix(kind: str, file: Path) -> None:
    """Raise InputError if a program's file does not have the suffix of its kind.

    The runtimes go by the suffix and also open other kinds, which are read and checked differently.

    Args:
        kind: str. A kind that `open_session` refuses is not checked.
        file: Path.
    """
    suffix = _SUFFIXES.get(kind, file.suffix)
    if file.suffix != suffix:
        raise InputError(
            "{file} cannot be opened: the file of a program of the kind {kind} ends in {suffix}.",
            file=file,
            kind=kind,
            suffix=suffix,
        )


def _check_part(file: Path) -> None:
    """Raise InputError unless a program's file is a regular file that lies in its folder."""
    if not file.exists():
        raise InputError(
            "{file} cannot be opened: No such file. It may be incomplete: copy or export it again.",
            file=file,
        )
    check_file(file, file.parent)
    if not file.is_file():
        raise InputError("{file} cannot be opened: it is a folder.", file=file)


def _opening(file: Path) -> AbstractContextManager[None]:
    """Return the boundary around what a runtime does with a program's file."""
    return foreign_input(
        "{file} cannot be opened: {reason}. It may be incomplete: copy or export it again.",
        file=file,
    )


def _open_onnx(file: Path, threads: int | None, output: str) -> Session:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3  # errors
    # Threads that wait in a loop take cores from HTTP, other workers and other programs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    with _opening(file):
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return lambda feed: session.run([output], dict(feed))[0]


def _open_openvino(file: Path, threads: int | None, output: str) -> Session:
    openvino = import_openvino()
    _check_part(file.with_suffix(".bin"))
    with file.open("rb") as opened:
        if not opened.read(_XML_START).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            # OpenVINO goes by the content, and would follow the paths in an ONNX program.
            raise InputError(
                "{file} cannot be opened: it is not XML, as programs of OpenVINO are.", file=file
            )
    # On processors with bfloat16, OpenVINO would compute in it, which has only three digits.
    settings: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32"}
    if threads:
        settings["INFERENCE_NUM_THREADS"] = threads
    with _opening(file):
        compiled = openvino.compile_model(file, "CPU", settings)
    lock = threading.Lock()  # in 2026.4, requests of several threads can wait for each other

    def session(feed: Mapping[str, np.ndarray]) -> np.ndarray:
        with lock:
            return compiled.create_infer_request().infer(dict(feed))[output]

    return session


def import_openvino() -> Any:
    """Return the package openvino, kept from reporting each use of it over the network."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def _open_litert(file: Path, threads: int | None, output: str) -> Session:
    from ai_edge_litert.interpreter import Interpreter

    # The default is one thread.
    with _opening(file):
        interpreter = Interpreter(str(file), num_threads=threads or os.cpu_count())
        run = interpreter.get_signature_runner()
    lock = threading.Lock()  # an interpreter holds the arrays of the call in progress

    def session(feed: Mapping[str, np.ndarray]) -> np.ndarray:
        with lock:
            return run(**feed)[output]

    return session
