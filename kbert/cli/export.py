"""`kbert export`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from kbert.choices import ExportFormat, Quantization
from kbert.cli.app import verb
from kbert.cli.options import DATA, Output, given, options
from kbert.data.reading.reading_options import OF_SPLIT, ReadingOptions
from kbert.utils.say import verbose_level


@options(
    *(ReadingOptions, "backend"),
    optional=True,
    without=("format", "header", "quoting", *OF_SPLIT),
)
class Settings:
    """How an export is compared, and on what."""


@verb("export")
def export(
    model: Path,
    *,
    output: Output,
    format: ExportFormat,
    length: int | None = None,
    quantize: Quantization | None = None,
    dev: Annotated[str | None, Parameter(group=DATA)] = None,
    settings: Annotated[Settings, Parameter(name="*")] = Settings(),  # noqa: B008
) -> None:
    """Export a model and verify that the export gives the same predictions.

    Parameters
    ----------
    model
        Run directory, or another model that `kbert predict` takes.
    output
        Folder or file to write, which must not exist yet; folders above it are created.
    format
        huggingface: a folder for transformers. google: a TF1 checkpoint with its head. keras: a
        .keras file. keras-hub: a task folder. And programs that need no Keras: saved_model, onnx,
        openvino, litert, torch (.pt2).
    length
        The single width, in tokens, that a program accepts; by default any up to the model's.
    quantize
        Round the weights of onnx, openvino or litert to 8 bits.
    dev
        Labelled file to compare on, read like the data of the run unless a setting says otherwise;
        by default the dev set of the run.
    """
    from kbert.exports.export import export as export_model

    reading = given(settings)
    backend = reading.pop("backend", None)
    export_model(
        model,
        output,
        format=format,
        length=length,
        quantize=quantize,
        dev=dev,
        backend=backend,
        verbose=verbose_level(),
        **reading,
    )
