"""The formats that models are exported to, and what each needs."""

import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any, Protocol, get_args

from kbert.choices import Backend, ExportFormat
from kbert.errors import InputError
from kbert.findings import Cure, Joined, Option
from kbert.utils.missing_package import pip_install, pip_install_extra


@dataclass(frozen=True)
class ExportSpec:
    """What it takes to write a format.

    Args:
        backend: str or None. The backend that writes a program. Defaults to None: the format holds
            weights, which any backend writes.
        packages: tuple of str. The packages that write and reopen it, by the names under which they
            are imported. Defaults to ().
        int8: tuple of str or None. The further packages that round its weights to 8 bits. Defaults
            to None: that is not possible.
        suffix: str. What the name of the export must end in. Defaults to "": it is a folder.
    """

    backend: Backend | None = None
    packages: tuple[str, ...] = ()
    int8: tuple[str, ...] | None = None
    suffix: str = ""


FORMATS: dict[str, ExportSpec] = {
    "huggingface": ExportSpec(),
    "google": ExportSpec(),
    "keras": ExportSpec(suffix=".keras"),
    "keras-hub": ExportSpec(),
    "saved_model": ExportSpec("tensorflow", ("tensorflow",)),
    "onnx": ExportSpec("torch", ("torch", "onnx", "onnxscript", "onnxruntime"), int8=()),
    "openvino": ExportSpec("tensorflow", ("tensorflow", "openvino"), int8=("nncf",)),
    "litert": ExportSpec("tensorflow", ("tensorflow", "ai_edge_litert"), int8=()),
    "torch": ExportSpec("torch", ("torch",)),
}


class WeightsFormat(Protocol):
    """The interface of the module of a weights format."""

    def write(self, model: Any, path: Any) -> None:
        """Write the model to a path that does not exist."""

    def reopen(self, path: Any, model: Any) -> Any:
        """Return the export as a function of texts, and pairs or None.

        None means that a runtime is not installed.
        """


class ProgramFormat(Protocol):
    """The interface of the module of a program format."""

    FILE: str

    def write(self, model: Any, folder: Any, length: int | None, int8: bool) -> None:
        """Write the program into a folder; Keras runs on the format's backend."""

    def reopen(self, folder: Any, settings: Any) -> Any:
        """Return the export as a function of texts, and pairs or None, in its own runtime."""


def format_module(name: str) -> Any:
    """Return the module of a format."""
    return importlib.import_module(f"kbert.exports.formats.{name.replace('-', '_')}")


def check_format(name: str, length: int | None, int8: bool) -> ExportSpec:
    """Return what a format needs.

    Raises:
        InputError: the format is unknown, an option does not apply to it, or a package is missing.
    """
    if name not in FORMATS:
        raise InputError(
            "{option} must be one of {known}. Received: {name!r}",
            option=Option("format"),
            known=Joined(get_args(ExportFormat)),
            name=name,
        )
    spec = FORMATS[name]
    if length is not None and spec.backend is None:
        raise InputError(
            "{option} is for programs: {programs}. The format is {name}.",
            option=Option("length"),
            programs=Joined(n for n, one in FORMATS.items() if one.backend),
            name=name,
        )
    if int8 and spec.int8 is None:
        raise InputError(
            "{option} is for {able}. The format is {name}.",
            option=Option("quantize", "int8"),
            able=Joined(n for n, one in FORMATS.items() if one.int8 is not None),
            name=name,
        )
    needed = (*spec.packages, *((spec.int8 or ()) if int8 else ()))
    missing = [package for package in needed if importlib.util.find_spec(package) is None]
    if missing:
        names = [package.replace("_", "-") for package in missing]
        raise InputError(
            "The format {name} needs {missing}, which is not installed."
            if len(names) == 1
            else "The format {name} needs {missing}, which are not installed.",
            name=name,
            missing=Joined(names),
            cure=Cure(
                code=pip_install(*missing),
                otherwise=(
                    Cure(
                        code=pip_install_extra("export"),
                        note="in a clone of kbert, for all the formats",
                    ),
                ),
            ),
        )
    return spec
