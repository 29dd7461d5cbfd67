"""Programs that take token ids and return probabilities, each opened by its own runtime."""

import os
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kbert.errors import InputError, KbertError
from kbert.utils.untrusted import check_file

Program = Callable[[Mapping[str, np.ndarray]], np.ndarray]
"""From int32 arrays [rows, width] by name to probabilities [rows, labels]."""

OUTPUT = "probabilities"
PACKAGES = {"onnx": "onnxruntime", "openvino": "openvino", "litert": "ai-edge-litert"}
"""What is to be installed for each kind that `open_session` takes."""


def open_session(kind: str, file: Path, threads: int | None = None) -> Program:
    """Return the program in an ONNX, OpenVINO or LiteRT file.

    Any number of threads may call it.

    Args:
        kind: str. "onnx", "openvino" or "litert".
        file: Path.
        threads: int or None. Threads of one call. Defaults to None: the runtime's choice.

    Raises:
        KbertError: the runtime is not installed, or refuses the file.
    """
    opened = {"onnx": _open_onnx, "openvino": _open_openvino, "litert": _open_litert}.get(kind)
    if opened is None:
        raise InputError(
            "{parent} is an export of the format {kind!r:.40}, and what runs here is onnx, "
            "openvino and litert. Its README.md says how it is called.",
            parent=file.parent,
            kind=kind,
        )
    try:
        check_file(file, file.parent)
        return opened(file, threads)
    except KbertError:
        raise
    except ModuleNotFoundError as error:
        raise InputError(
            "{file} needs the package {name}. Install it: pip install {name2}",
            file=file,
            name=error.name,
            name2=str(error.name).replace("_", "-"),
        ) from None
    except Exception as error:  # each runtime raises its own kind
        said = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            "{file} cannot be opened: {said} Is it whole? Copy it, or export it, again.",
            file=file,
            said=said[:300],
        ) from None


def _open_onnx(file: Path, threads: int | None) -> Program:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3  # errors
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return lambda feed: session.run([OUTPUT], dict(feed))[0]


def _open_openvino(file: Path, threads: int | None) -> Program:
    openvino = import_openvino()
    check_file(file.with_suffix(".bin"), file.parent)
    # On processors with bfloat16 OpenVINO would compute in it, three digits in all.
    settings: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32"}
    if threads:
        settings["INFERENCE_NUM_THREADS"] = threads
    compiled = openvino.compile_model(file, "CPU", settings)
    return lambda feed: compiled.create_infer_request().infer(dict(feed))[OUTPUT]


def import_openvino() -> Any:
    """Return the package openvino, kept from reporting each use of it over the network."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def _open_litert(file: Path, threads: int | None) -> Program:
    from ai_edge_litert.interpreter import Interpreter

    # By itself it takes one.
    interpreter = Interpreter(str(file), num_threads=threads or os.cpu_count())
    run = interpreter.get_signature_runner()
    alone = threading.Lock()  # an interpreter holds the arrays of the call that it is in

    def program(feed: Mapping[str, np.ndarray]) -> np.ndarray:
        with alone:
            return run(**feed)[OUTPUT]

    return program
