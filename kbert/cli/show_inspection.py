"""Shows what is in labelled data."""

from collections.abc import Mapping
from pathlib import Path

from kbert.choices import Task
from kbert.cli.app import exit_status
from kbert.cli.preset_tokenizer import preset_tokenizer
from kbert.cli.show import show, show_json
from kbert.config import ModelOptions
from kbert.data.inspection.class_order import SHUFFLE_BUFFER
from kbert.data.inspection.duplicate_rows import duplicates_table
from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.data.reading.columns import listed_columns
from kbert.data.reading.examples import Examples
from kbert.data.reading.no_label_column import NoLabelColumn
from kbert.data.reading.reading_options import ReadingOptions
from kbert.data.reading.tasks import read_task
from kbert.errors import InputError
from kbert.findings import Cure, Option, worded
from kbert.utils.file_errors import writing
from kbert.utils.publish import check_free, check_plain
from kbert.utils.staging import publishing
from kbert.utils.wording import count_noun


def show_inspection(
    data: str,
    dev: str | None,
    reading: ReadingOptions,
    model: ModelOptions,
    *,
    task: Task | None = None,
    plot: Path | None,
    duplicates: Path | None = None,
    as_json: bool,
) -> int:
    """Print what is in a file, and return the exit status: 2 when there is an error in it.

    A row that cannot be used does not stop the inspection; it is one of its findings. A file
    without labels is inspected without them.
    """
    if duplicates is not None:
        check_plain(duplicates, option="duplicates")
        check_free(duplicates, option="duplicates")
    tokenizer, why_not = preset_tokenizer(model.preset)
    if tokenizer is not None:
        tokenizer = tokenizer.with_truncation(model.long_text, model.cut_pair, model.windows)
    examples = _read(data, reading) if task is None else read_task(task, data, "train")
    if plot is not None and examples.class_ids is None:
        raise InputError(
            "{plot} draws the classes, but {data} has no column that was recognized as the label."
            if examples.y is None
            else "{plot} draws one class for each row, but the target is {target}.",
            plot=Option("plot"),
            data=data,
            target=examples.target.kind,
            cure=Cure({"label": "NAME"}) if examples.y is None else None,
        )
    held_out = None
    if task is not None:
        held_out = read_task(task, data, "dev")
    elif dev is not None:
        held_out = reading.read(
            dev,
            labels=examples.labels,
            target=examples.target,
            label_separator=None,
            on_bad_row="skip",
            need_weight=False,
            need_split=False,
        )
    inspection = inspect_examples(
        examples,
        tokenizer=tokenizer,
        max_length=model.max_length,
        dev=held_out,
        on_bad_row=reading.on_bad_row if task is None else "skip",
    )
    if as_json:
        show_json(inspection.to_dict())
    else:
        if examples.columns is not None:
            show(str(examples))
        show(inspection)
        if why_not:
            show(worded("  tokens were not counted: {why_not}", why_not=why_not))
        if examples.labels is None:
            show(_without_label(examples))
    if plot is not None:
        assert examples.class_ids is not None
        assert examples.labels is not None
        from kbert.plots import plot_shuffle_buffers, save_plot

        sizes = (SHUFFLE_BUFFER, len(examples))
        save_plot(
            plot_shuffle_buffers(examples.class_ids, sizes, names=examples.labels.names), plot
        )
        if not as_json:
            show(worded("The classes of the batches are drawn in {plot}", plot=plot))
    if duplicates is not None:
        sets = {"train": examples} | ({} if held_out is None else {"dev": held_out})
        count = _write_duplicates(sets, duplicates)
        if not as_json:
            show(
                worded(
                    "{rows} with a text that occurs more than once: {file}",
                    rows=count_noun(count, "row"),
                    file=duplicates,
                )
            )
    elif inspection.duplicates.repeated and not as_json:
        show(
            worded(
                "Every row whose text occurs more than once, in a file: {option}",
                option=Option("duplicates", "FILE.csv"),
            )
        )
    return exit_status(inspection.findings)


def _without_label(examples: Examples) -> str:
    """Return the line that says why there are no classes, and how to see them."""
    if examples.columns is None or len(examples.columns.names) == 1:
        return worded("  without labels: only the texts were inspected")
    return worded(
        "  no column was recognized as the label among {columns}; name it to see more: {cure}",
        columns=listed_columns(examples.columns.names),
        cure=Option("label", "NAME"),
    )


def _write_duplicates(sets: Mapping[str, Examples], path: Path) -> int:
    """Write the rows whose text occurs more than once, and return how many there are."""
    table, count = duplicates_table(sets)
    with publishing(path, option="duplicates") as new, writing(path):
        new.write_text(table, encoding="utf-8", newline="")
    return count


def _read(data: str, reading: ReadingOptions) -> Examples:
    """Return the examples, without labels where no column could be recognized as the label."""
    try:
        return reading.read(data, on_bad_row="skip")
    except NoLabelColumn:
        return reading.read(data, on_bad_row="skip", need_label=False)
