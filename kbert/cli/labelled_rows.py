"""The rows of a labelled file, read and checked for a model."""

from collections.abc import Collection
from pathlib import Path

from kbert.cli.examples import check_pairs, show_reading, warn_of_unknown_tokens
from kbert.cli.labelled_file import LabelledFile
from kbert.data.reading.examples import Examples
from kbert.data.reading.reading_options import ReadingOptions
from kbert.interop.segments import check_segments
from kbert.interop.sources import find_source
from kbert.utils.say import say


def labelled_rows(
    model: Path, data: str, options: ReadingOptions, named: Collection[str] = ()
) -> Examples:
    """Return the rows of a labelled file, and print notes about them to standard error.

    Args:
        model: Path. The model that is to label them.
        data: str. The file, or a pattern.
        options: ReadingOptions. The options given for the file.
        named: collection of str. The names of the layout options that were given. Defaults to
            none.
    """
    source = find_source(model, predicts=True)
    examples = LabelledFile(source, model, data, options, named).read()
    check_pairs(examples, source.text_pairs())
    check_segments(source.num_segments(), examples.pairs is not None, examples.source)
    say(str(examples), to="stderr")
    show_reading(examples)
    warn_of_unknown_tokens(source, examples)
    return examples
