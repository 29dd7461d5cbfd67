"""`kbert serve`."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.options import given, options
from kbert.config import ServeOptions


@options(ServeOptions, of=ServeOptions)
class Settings:
    """What `kbert serve` takes."""


@verb("serve")
def serve(
    model: Path,
    *,
    settings: Annotated[Settings, Parameter(name="*")] = Settings(),  # noqa: B008
) -> None:
    """Answer requests over HTTP with a model; those that arrive together share a batch.

    SIGHUP loads the model again, beside the old one; SIGTERM answers what has arrived, and ends.

    Parameters
    ----------
    model
        Run directory; or an export as onnx, openvino or litert, which needs no Keras, a model
        folder, a .keras file, a Hugging Face folder.
    """
    from kbert.utils.missing_package import SERVER_PACKAGES

    chosen = ServeOptions(**given(settings))
    for package in SERVER_PACKAGES:
        if find_spec(package) is None:
            raise ModuleNotFoundError(name=package)
    from kbert.serving.server.supervisor import Supervisor

    Supervisor(model, chosen).run()
