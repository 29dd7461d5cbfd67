"""What --help takes from a docstring."""

from kbert.cli.help import one_line, texts_of_docstring, with_whole_paragraphs

WHOLE = """Train a model, and show how.

A second paragraph of two lines.

Parameters
----------
data
    A file, or several.
output
    A folder.
"""


def test_paragraphs_are_put_in_one_line():
    flat = WHOLE.replace("and show", "and\nshow").replace("paragraph of", "paragraph\nof")
    flat = flat.replace("A file, or several", "A file, or\n    several")
    assert with_whole_paragraphs(flat) + "\n" == WHOLE


def test_the_texts_are_those_that_a_catalogue_has():
    assert list(texts_of_docstring(WHOLE)) == [
        "Train a model, and show how.",
        "A second paragraph of two lines.",
        "A file, or several.",
        "A folder.",
    ]


def test_a_text_of_several_lines_in_one():
    assert one_line("  A text\n    of  two lines. ") == "A text of two lines."
