"""`kbert predict`."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, BinaryIO

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.options import Output, given, options, reading
from kbert.cli.show import write_output
from kbert.cli.streams import is_closed
from kbert.data.reading.reading_options import OF_LABELS, OF_SPLIT, ReadingOptions
from kbert.errors import InputError
from kbert.findings import worded
from kbert.utils.counts import check_count
from kbert.utils.say import say
from kbert.utils.wording import count_noun


@options("backend", ReadingOptions, without=(*OF_LABELS, *OF_SPLIT))
class Settings:
    """What `kbert predict` takes."""


@verb("predict")
def predict(
    model: Path,
    data: Annotated[str, Parameter(allow_leading_hyphen=True)] = "-",
    *,
    output: Output | None = None,
    output_format: Annotated[str | None, Parameter(name="--to")] = None,
    batch_size: int = 32,
    settings: Annotated[Settings, Parameter(name="*")] = Settings(),  # noqa: B008
) -> None:
    """Label texts with a model, in their order.

    Parameters
    ----------
    model
        Run directory; or an export as onnx, openvino or litert, which needs no Keras, a model
        folder, a .keras file, a Hugging Face folder.
    data
        File (.txt: one text per line; CSV, TSV, JSON, Parquet, Arrow), several as one set:
        'data/*.csv', or - for standard input.
    output
        File to write; by default standard output. Its folder is created where it is missing.
    output_format
        csv or jsonl; by default by the suffix of the output, else csv.
    batch_size
        Rows per batch.
    """
    from kbert.cli.examples import check_pairs, show_reading, warn_of_unknown_tokens
    from kbert.cli.model_first import check_model_first
    from kbert.cli.predictions_format import choose_format, prediction_lines, use_utf8
    from kbert.cli.run_columns import with_run_columns
    from kbert.interop.segments import check_segments
    from kbert.interop.sources import find_source
    from kbert.serving.predictor import Predictor
    from kbert.utils.file_errors import writing
    from kbert.utils.staging import publishing

    check_count("batch_size", batch_size)
    chosen = choose_format(output, output_format)
    check_model_first("predict", model, data)
    source = find_source(model)
    text_pairs = source.text_pairs()
    options = reading(settings)
    if data != "-":
        options = with_run_columns(model, data, options, need_label=False)
    examples = options.read(_standard_input() if data == "-" else data, need_label=False)
    if not text_pairs and options.pair is None:
        examples = replace(examples, pairs=None)
    check_pairs(examples, text_pairs)
    check_segments(source.num_segments(), examples.pairs is not None, examples.source)
    show_reading(examples)
    warn_of_unknown_tokens(source, examples)

    def lines() -> Iterator[str]:
        predictor = Predictor.load(model, backend=given(settings).get("backend"))
        predictions = predictor.predict(examples.texts, examples.pairs, batch_size)
        return prediction_lines(examples, predictions, chosen)

    if output is None:
        predicted = lines()
        use_utf8()
        write_output(predicted)
        return
    with publishing(output) as new:  # a place that cannot be written to is told of at once
        predicted = lines()
        with writing(output):
            new.write_text("".join(predicted), encoding="utf-8", newline="")
    say(worded("Wrote {output}: {rows}.", output=output, rows=count_noun(len(examples), "row")))


def _standard_input() -> BinaryIO:
    if is_closed("stdin"):
        raise InputError("Standard input is closed. Name the file to read.")
    if sys.stdin.isatty():
        say(worded("Reading one text per line from the terminal; end with Ctrl-D."), to="stderr")
    return sys.stdin.buffer
