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


def test_paragraphs_are_joined_into_one_line():
    flat = WHOLE.replace("and show", "and\nshow").replace("paragraph of", "paragraph\nof")
    flat = flat.replace("A file, or several", "A file, or\n    several")
    assert with_whole_paragraphs(flat) + "\n" == WHOLE


def test_the_translatable_texts_of_a_docstring():
    assert list(texts_of_docstring(WHOLE)) == [
        "Train a model, and show how.",
        "A second paragraph of two lines.",
        "A file, or several.",
        "A folder.",
    ]


def test_several_lines_become_one():
    assert one_line("  A text\n    of  two lines. ") == "A text of two lines."
