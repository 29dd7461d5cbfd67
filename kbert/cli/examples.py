"""Checks and notes shared by the verbs that read texts for a model."""

import warnings
from dataclasses import replace

from kbert.data.reading.examples import Examples
from kbert.data.reading.skipped_rows import rows_skipped
from kbert.errors import InputError, UnknownTokensWarning
from kbert.findings import Option, worded
from kbert.interop.source import Source
from kbert.utils.say import say, verbose_level

_MAX_SHOWN = 20


def check_pairs(examples: Examples, text_pairs: bool | None) -> None:
    """Raise InputError if a model takes text pairs and the examples are single, or vice versa."""
    if text_pairs is None or text_pairs == (examples.pairs is not None):
        return
    if text_pairs:
        raise InputError(
            "The model was trained on text pairs, but {source} contains single texts. Name the "
            "columns with {text} and {pair}.",
            source=examples.source,
            text=Option("text"),
            pair=Option("pair"),
        )
    raise InputError(
        "The model was trained on single texts, but {source} contains text pairs. Name the column "
        "with {text}.",
        source=examples.source,
        text=Option("text"),
    )


def show_reading(examples: Examples) -> None:
    """Print to standard error which rows were skipped, and warnings about how the file was read."""
    for row in examples.skipped[:_MAX_SHOWN]:
        say(worded("skipped: {row}", row=row), to="stderr")
    if len(examples.skipped) > _MAX_SHOWN:
        say(
            worded("skipped: {number:,} more rows", number=len(examples.skipped) - _MAX_SHOWN),
            to="stderr",
        )
    from kbert.data.inspection.odd_texts import not_language_findings
    from kbert.data.inspection.wrong_encoding import wrong_encoding_findings

    for finding in (
        rows_skipped(examples),
        *wrong_encoding_findings(examples),
        *not_language_findings(examples),
    ):
        if finding is not None:
            say(str(replace(finding, severity="warning")), to="stderr")


def warn_of_unknown_tokens(source: Source, examples: Examples) -> None:
    """Print a warning to standard error if a model does not know most of the words."""
    from kbert.data.inspection.unknown_findings import unknown_in_use

    # The predictor's own warning would repeat it, even with -q.
    warnings.simplefilter("ignore", UnknownTokensWarning)
    if verbose_level() and source.path is not None:
        finding = unknown_in_use(examples, source.tokenizer())
        if finding is not None:
            say(str(finding), to="stderr")
