"""Verbs that use a model, and move it from and to other programs."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from kbert.choices import Backend, ExportFormat, OnBadRow, Quantization
from kbert.cli.app import Reading, app
from kbert.data.reading.reading_options import ReadingOptions


@app.command
def evaluate(
    run: Path,
    data: str,
    *,
    batch_size: int = 32,
    json: bool = False,
    backend: Backend | None = None,
    reading: Reading = ReadingOptions(),  # noqa: B008
) -> None:
    """Score a run's model on a labelled file.

    Parameters
    ----------
    run
        The run directory.
    data
        The labelled file: CSV, TSV, JSON Lines or Parquet.
    batch_size
        Rows per batch.
    json
        Print JSON for a machine.
    backend
        What Keras runs on.
    """
    from kbert.cli.use import evaluate_run

    evaluate_run(run, data, reading, batch_size=batch_size, as_json=json, backend=backend)


@app.command
def predict(
    run: Path,
    data: str = "-",
    *,
    output: Path | None = None,
    output_format: Annotated[str, Parameter(name="--to")] = "",
    batch_size: int = 32,
    backend: Backend | None = None,
    reading: Reading = ReadingOptions(),  # noqa: B008
) -> None:
    """Label texts with a run's model, in their order.

    Parameters
    ----------
    run
        The run directory; or an export as onnx, openvino or litert, which needs no Keras, a model
        folder, a .keras file, a Hugging Face folder.
    data
        A file (.txt: one text a line; CSV, TSV, JSON Lines, Parquet), or - for standard input.
    output
        Where to write; standard output without it.
    output_format
        csv or jsonl; by the suffix of --output, else csv.
    batch_size
        Rows per batch.
    backend
        What Keras runs on.
    """
    from kbert.cli.use import predict_run

    predict_run(
        run,
        data,
        reading,
        output=output,
        output_format=output_format,
        batch_size=batch_size,
        backend=backend,
    )


@app.command(name="import")
def import_(
    source: str,
    *,
    output: Path,
    base: Path | None = None,
    labels: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    lowercase: bool | None = None,
    max_length: int | None = None,
    backend: Backend | None = None,
) -> None:
    """Make a model of kbert's from one of Google, Hugging Face or keras-hub, or from a run.

    Parameters
    ----------
    source
        The folder: a release of Google's, the output directory of run_classifier.py, a Hugging
        Face BERT, what keras-hub's save_to_preset has written, or a run; or a .keras file of
        kbert's.
    output
        The folder to write, which must not exist yet.
    base
        The release that run_classifier.py has fine-tuned, for its output directory.
    labels
        The names of the head's classes, in the order of their numbers, where no file has them.
    lowercase
        Whether a vocabulary of Google's is lower-case; by the folder's name or the pieces
        without it.
    max_length
        The most tokens of a text; the source's own without it, or 128 where it does not tell.
    backend
        What Keras runs on.
    """
    from kbert.models.import_model import import_model

    import_model(
        source,
        output,
        base=base,
        labels=labels,
        lowercase=lowercase,
        max_length=max_length,
        backend=backend,
    )


@app.command
def export(
    run: Path,
    *,
    output: Path,
    format: ExportFormat,
    length: int | None = None,
    quantize: Quantization | None = None,
    dev: str | None = None,
    text: str | None = None,
    pair: str | None = None,
    label: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    on_bad_row: OnBadRow | None = None,
    backend: Backend | None = None,
) -> None:
    """Write a run's model for other programs, and check that it predicts there what it does here.

    Parameters
    ----------
    run
        The run directory, or another model that kbert predict takes.
    output
        The folder or file to write, which must not exist yet.
    format
        huggingface: a folder for transformers. google: a TF1 checkpoint with its head. keras: a
        .keras file. keras-hub: a task folder. And programs that need no Keras: saved_model, onnx,
        openvino, litert, torch (.pt2).
    length
        The one width in tokens that a program takes; any up to the model's without it.
    quantize
        Round the weights of onnx, openvino or litert to 8 bits.
    dev
        A labelled file to compare on; the run's own development set without it.
    text
        Its column of texts; as in the run's data without it, like all that follows.
    pair
        Its column of second texts.
    label
        Its column of labels.
    encoding
        Its encoding, such as cp1252.
    delimiter
        What divides its fields.
    on_bad_row
        Whether a row that cannot be used stops everything, or is skipped.
    backend
        What the model is computed on; programs are written on the backend that can.
    """
    from kbert.exports.export import export as export_run

    reading = {"text": text, "pair": pair, "label": label, "encoding": encoding}
    reading |= {"delimiter": delimiter, "on_bad_row": on_bad_row}
    export_run(
        run,
        output,
        format=format,
        length=length,
        quantize=quantize,
        dev=dev,
        reading={name: value for name, value in reading.items() if value is not None},
        backend=backend,
    )
