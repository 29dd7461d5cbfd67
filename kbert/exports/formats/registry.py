"""The formats that models are exported to, and what each needs."""

import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any, Protocol, get_args

from kbert.choices import Backend, ExportFormat
from kbert.errors import InputError


@dataclass(frozen=True)
class Format:
    """What writes a format.

    Args:
        backend: the backend that Keras must run on to write it; None for any.
        packages: the packages that write it and open it, by the names that they are imported by.
        int8: the packages that round its weights to 8 bits; None where that cannot be.
        suffix: what the name of the export must end in; "" for a folder.
    """

    backend: Backend | None = None
    packages: tuple[str, ...] = ()
    int8: tuple[str, ...] | None = None
    suffix: str = ""


FORMATS: dict[str, Format] = {
    "huggingface": Format(),
    "google": Format(),
    "keras": Format(suffix=".keras"),
    "keras-hub": Format(),
    "saved_model": Format("tensorflow", ("tensorflow",)),
    "onnx": Format("torch", ("torch", "onnx", "onnxscript", "onnxruntime"), int8=()),
    "openvino": Format("tensorflow", ("tensorflow", "openvino"), int8=("nncf",)),
    "litert": Format("tensorflow", ("tensorflow", "ai_edge_litert"), int8=()),
    "torch": Format("torch", ("torch",)),
}


class WeightsFormat(Protocol):
    """What a module of this package has for a format that holds weights by names."""

    def write(self, model: Any, path: Any) -> None:
        """Write the model to a path that is not there yet."""

    def opened(self, path: Any, model: Any) -> Any:
        """Return the export as a function of texts, and pairs or None; None: nothing reads it."""


class ProgramFormat(Protocol):
    """What a module of this package has for a format that holds a program."""

    FILE: str

    def write(self, model: Any, folder: Any, length: int | None, int8: bool) -> None:
        """Write the program into a folder; Keras runs on the format's backend."""

    def opened(self, folder: Any, settings: Any) -> Any:
        """Return the export as a function of texts, and pairs or None, by its own runtime."""


def format_module(name: str) -> Any:
    """Return the module of a format."""
    return importlib.import_module(f"kbert.exports.{name.replace('-', '_')}")


def check_format(name: str, length: int | None, int8: bool) -> Format:
    """Return the description of a format, or raise KbertError: unknown, or lacking a package."""
    if name not in FORMATS:
        known = ", ".join(get_args(ExportFormat))
        raise InputError(
            "The format must be one of {known}. Received: {name!r}", known=known, name=name
        )
    found = FORMATS[name]
    if length is not None and found.backend is None:
        programs = ", ".join(n for n, one in FORMATS.items() if one.backend)
        raise InputError(
            "--length is for programs: {programs}. The format is {name}.",
            programs=programs,
            name=name,
        )
    if int8 and found.int8 is None:
        able = ", ".join(n for n, one in FORMATS.items() if one.int8 is not None)
        raise InputError(
            "--quantize int8 is for {able}. The format is {name}.", able=able, name=name
        )
    needed = (*found.packages, *((found.int8 or ()) if int8 else ()))
    missing = [package for package in needed if importlib.util.find_spec(package) is None]
    if missing:
        raise InputError(
            "The format {name} needs {missing}, not installed here. Install it: pip install "
            "{missing2}",
            name=name,
            missing=", ".join(missing),
            missing2=" ".join(package.replace("_", "-") for package in missing),
        )
    return found
