"""`kbert predict`."""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

from cyclopts import Parameter

from kbert.backend.processes import is_first, is_joined
from kbert.cli.app import verb
from kbert.cli.options import Output, Switch, given, named, options, reading
from kbert.cli.processes import Processes
from kbert.cli.shared_predictor import Devices, join_to_predict, shared_predictor
from kbert.cli.show import write_output
from kbert.cli.standard_input import StandardInput
from kbert.cli.streams import is_closed
from kbert.data.reading.reading_options import OF_LABELS, OF_LAYOUT, OF_SPLIT, ReadingOptions
from kbert.errors import InputError
from kbert.findings import Option, worded
from kbert.utils.counts import check_count
from kbert.utils.say import say
from kbert.utils.wording import count_noun

if TYPE_CHECKING:
    from kbert.serving.predicted_table import PredictedTable


@options("backend", ReadingOptions, optional=OF_LAYOUT, without=(*OF_LABELS, *OF_SPLIT))
class Settings:
    """What `kbert predict` takes."""


@verb("predict")
def predict(
    model: Path,
    data: Annotated[str, Parameter(allow_leading_hyphen=True)] = "-",
    *,
    output: Output | None = None,
    output_format: Annotated[str | None, Parameter(name="--to")] = None,
    keep_columns: str = "all",
    bom: Switch = False,
    batch_size: int = 32,
    abstain: str | None = None,
    devices: Devices = None,
    settings: Annotated[Settings, Parameter(name="*")] = Settings(),  # noqa: B008
    processes: Annotated[Processes, Parameter(name="*")] = Processes(),  # noqa: B008
) -> None:
    """Label texts with a model, in their order.

    Parameters
    ----------
    model
        Run directory; or an export as onnx, openvino or litert, which needs no Keras, a model
        folder, a .keras file, a Hugging Face folder.
    data
        File (.txt: one text per line; CSV, TSV, JSON, Parquet, Arrow, XLSX), several as one set:
        'data/*.csv', or - for standard input. A file in the format of the run's own is read like
        it, unless an option says otherwise.
    output
        File to write; by default standard output. Its folder is created where it is missing.
    output_format
        csv, jsonl or xlsx; by default what the output's suffix says, else csv.
    keep_columns
        Columns of the data to keep beside the predictions: all, none, or their names separated by
        commas.
    bom
        Begin a CSV file with a byte order mark, so that Excel reads it as UTF-8.
    batch_size
        Rows per batch.
    abstain
        Leave the label empty where its probability is below this, and say so in the column
        abstained; NAME=P,NAME=P for some classes.
    """
    from kbert.cli.examples import check_pairs, show_reading, warn_of_unknown_tokens
    from kbert.cli.model_first import check_model_first
    from kbert.cli.no_text import check_is_no_text
    from kbert.cli.prediction_bar import prediction_bar
    from kbert.cli.predictions_format import choose_format
    from kbert.cli.run_columns import with_run_columns
    from kbert.cli.run_layout import with_run_layout
    from kbert.data.reading.kept_columns import KeptColumns
    from kbert.interop.segments import check_segments
    from kbert.interop.sources import find_source
    from kbert.runs.told_ends import ending_together
    from kbert.serving.predicted_table import PredictedTable
    from kbert.serving.write_predictions import check_cell
    from kbert.targets.abstention import Abstention

    check_count("batch_size", batch_size)
    chosen = choose_format(output, output_format, bom)
    check_model_first("predict", model, data)
    check_is_no_text(model, data)
    source = find_source(model, predicts=True)
    text_pairs = source.text_pairs()
    names = source.labels()
    if abstain is not None and names is not None:
        Abstention.of(abstain, names, source.target())
    backend = given(settings).get("backend")
    join_to_predict(processes, source, backend)
    if abstain is not None and source.temperature() == 1:
        note = worded(
            "{model} is not calibrated: it may be right less often than its probabilities say. "
            "Train with {option}, or choose the limit by the coverage in the run's report.",
            model=model,
            option=Option("calibrate"),
        )
        say(note, to="stderr")
    with ending_together(), _source(data) as texts:
        options = reading(settings)
        if data != "-":
            options = with_run_layout(model, data, options, named(settings))
            options = with_run_columns(model, data, options, need_label=False)
        examples = options.read(texts, need_label=False)
        if not text_pairs and options.pair is None:
            examples = replace(examples, pairs=None)
        check_pairs(examples, text_pairs)
        check_segments(source.num_segments(), examples.pairs is not None, examples.source)
        show_reading(examples)
        check = partial(check_cell, output_format=chosen)
        kept = KeptColumns.find(texts, options.layout(), keep_columns, check)
        warn_of_unknown_tokens(source, examples)

        @contextmanager
        def table() -> Iterator[PredictedTable]:
            predictor = shared_predictor(model, examples, batch_size, backend, devices)
            with prediction_bar(len(examples), to_terminal=output is None) as report:
                labelled = partial(predictor.predict, abstain=abstain)
                yield PredictedTable(labelled, examples, kept, batch_size=batch_size, report=report)

        if is_first():
            _write(table, output, chosen, bom=bom)
            return
        with table() as predicted:  # all processes compute its rows
            deque(predicted.rows(), maxlen=0)


def _write(
    table: "Callable[[], AbstractContextManager[PredictedTable]]",
    output: Path | None,
    chosen: str,
    *,
    bom: bool,
) -> None:
    """Write the rows to standard output or a file, as they are computed."""
    from kbert.cli.predictions_format import use_utf8
    from kbert.serving.write_predictions import table_lines, write_table
    from kbert.utils.file_errors import writing
    from kbert.utils.staging import publishing

    if output is None:
        with table() as predicted:
            use_utf8()
            write_output(table_lines(predicted, chosen, bom=bom))
        if predicted.skipped:
            say(worded("Labelled {rows}.", rows=_rows(predicted)), to="stderr")
        return
    # An output that cannot be written is refused before the model is loaded.
    with publishing(output) as new, table() as predicted, writing(output):
        write_table(predicted, new, chosen, bom=bom)
    say(worded("Wrote {output}: {rows}.", output=output, rows=_rows(predicted)))


def _rows(table: "PredictedTable") -> str:
    """Return how many rows were labelled, and how many were left out, if any."""
    rows = str(count_noun(len(table), "row"))
    if not table.skipped:
        return rows
    bad_rows = count_noun(len(table.skipped), "bad row")
    return worded("; ").join([rows, worded("{bad_rows} left out", bad_rows=bad_rows)])


@contextmanager
def _source(data: str) -> Iterator[Any]:
    """Yield what is read: a path, or standard input as a file."""
    if data != "-":
        yield data
        return
    if is_joined():
        raise InputError(
            "Standard input reaches only one of several processes. Name a file that all can read."
        )
    with StandardInput(_standard_input()) as stream:
        yield stream


def _standard_input() -> BinaryIO:
    if is_closed("stdin"):
        raise InputError("Standard input is closed. Name the file to read.")
    if sys.stdin.isatty():
        say(worded("Reading one text per line from the terminal; end with Ctrl-D."), to="stderr")
    return sys.stdin.buffer
