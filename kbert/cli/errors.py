"""`kbert errors`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.options import Output, Switch, given, named, options, reading
from kbert.cli.show import show as show_result
from kbert.cli.show import show_json
from kbert.data.reading.reading_options import OF_LAYOUT, OF_SPLIT, ReadingOptions
from kbert.findings import Option, worded
from kbert.utils.say import say
from kbert.utils.wording import count_noun

if TYPE_CHECKING:
    from kbert.analysis.found_errors import FoundErrors


@options("backend", ReadingOptions, optional=OF_LAYOUT, without=OF_SPLIT)
class Settings:
    """What `kbert errors` takes."""


@verb("errors")
def errors(
    model: Path,
    data: str | None = None,
    *,
    output: Output | None = None,
    output_format: Annotated[str | None, Parameter(name="--to")] = None,
    show: int = 10,
    near: int = 3,
    near_rows: int = 1000,
    batch_size: int = 32,
    json: Switch = False,
    settings: Annotated[Settings, Parameter(name="*")] = Settings(),  # noqa: B008
) -> None:
    """Show the rows that a model gets most wrong, and the labels that are probably wrong.

    Each is shown with the training rows most similar to it. Labels are judged by predictions of
    models that were not trained on the rows: in a run, the rows that it set aside; in one with
    folds, all rows.

    Parameters
    ----------
    model
        Run directory; with a file another model that `kbert predict` takes.
    data
        Labelled file (CSV, TSV, JSON, Parquet, Arrow), or several as one set: 'data/*.csv'; by
        default the rows that the run was evaluated on while it was trained. A file in the format of
        the run's own is read like it, unless an option says otherwise.
    output
        File to write with every row, the highest loss first. Its folder is created where it is
        missing.
    output_format
        csv or jsonl; by default what the output's suffix says, else csv.
    show
        Rows to show per list.
    near
        Training rows to show beside each; 0 for none.
    near_rows
        Training rows to compare; if there are more, a sample.
    batch_size
        Rows per batch.
    json
        Print JSON.
    """
    from kbert.analysis.find_errors import find_errors
    from kbert.cli.labelled_rows import labelled_rows
    from kbert.cli.model_first import check_model_first
    from kbert.cli.predictions_format import choose_format
    from kbert.utils.staging import publishing

    chosen = choose_format(output, output_format, formats=("csv", "jsonl"))
    check_model_first("errors", model, data)
    examples = (
        None if data is None else labelled_rows(model, data, reading(settings), named(settings))
    )

    if near and (model / "config.toml").is_file():
        leave_out = Option("near", 0)
        say(
            worded(
                "Comparing with the training rows; {leave_out} leaves that out.",
                leave_out=leave_out,
            ),
            to="stderr",
        )

    def find() -> "FoundErrors":
        return find_errors(
            model,
            examples,
            show=show,
            near=near,
            near_rows=near_rows,
            batch_size=batch_size,
            backend=given(settings).get("backend"),
        )

    if output is None:
        found = find()
    else:
        with publishing(output) as new:  # an output that cannot be written fails here
            found = find()
            _write(found, output, new, chosen)
        say(
            worded(
                "Wrote {output}: {rows}.", output=output, rows=count_noun(len(found.table), "row")
            ),
            to="stderr",
        )
    if json:
        show_json(found.to_dict())
    else:
        show_result(found)


def _write(found: "FoundErrors", output: Path, new: Path, chosen: str) -> None:
    from kbert.cli.error_lines import error_lines
    from kbert.utils.file_errors import writing

    with writing(output):
        new.write_text("".join(error_lines(found, chosen)), encoding="utf-8", newline="")
