"""Arbitrary texts inside Markdown and YAML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbert.utils.markdown import markdown_text, yaml_text

yaml = pytest.importorskip("yaml")


@given(st.text())
def test_yaml_reads_the_text_back(text):
    assert yaml.safe_load(f"name: {yaml_text(text)}\n") == {"name": text}


def test_lone_surrogates_are_replaced():
    assert yaml.safe_load(yaml_text("a\ud83d")) == "a?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text, 好.", "plain text, 好."),
        ("a_b|c", "a\\_b\\|c"),
        ("# x", "\\# x"),
        ("- x", "\\- x"),
        ("1. x", "1\\. x"),
        ("65.4% of", "65.4% of"),
        ("a\n\nb", "a b"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("https://a.b www.c", "https:\\//a.b www\\.c"),
        ("\u202ea\x1b", "\ufffda\ufffd"),
    ],
)
def test_markdown_shows_each_character(text, expected):
    assert markdown_text(text) == expected
