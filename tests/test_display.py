"""Texts in the cells of a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbert.display import cells, column, in_one_line, padded, table, wrapped


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("ok", 2),
        ("好评", 4),
        ("好 ok", 5),
        ("，", 2),
        ("é", 1),
        ("e\u0301", 1),
        ("\x1b[33mWARNING\x1b[0m", 7),
        ("\x1b[33m警告\x1b[0m", 4),
    ],
)
def test_cells(text, expected):
    assert cells(text) == expected


def test_padded():
    assert padded("好", 4) == "好  "
    assert padded("好", 4, right=True) == "  好"
    assert padded("好评", 3) == "好评"


def test_a_table_is_aligned():
    rows = [("class", "rows"), ("好评", "1,000"), ("ok", "1"), ("非常差", "20")]
    assert table(rows).splitlines() == [
        "  class    rows",
        "  好评    1,000",
        "  ok          1",
        "  非常差     20",
    ]


def test_lines_are_broken_between_characters_but_not_before_punctuation():
    lines = wrapped("训练计划的更新次数太少，使用 --epochs 20 再试。", 12)
    assert lines == ["训练计划的更", "新次数太少，", "使用", "--epochs 20", "再试。"]


@given(st.text(alphabet="好评，。（） ab-", max_size=60), st.integers(6, 30))
def test_wrapping_loses_nothing(text, width):
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert (
        all(not line.startswith(("，", "。")) for line in lines[1:] if len(line) > 1)
        or "，" in text
        or "。" in text
    )


def test_chinese_characters_have_two_cells():
    assert in_one_line("五个很好", 8) == "五个很好"
    assert in_one_line("五个很好", 7) == "五个很…"
    assert column(["好", "bad"], 9) == ["好 ", "bad"]
    assert in_one_line("a\tb\n c", 9) == "a b c"
