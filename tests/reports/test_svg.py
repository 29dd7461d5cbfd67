"""Drawings: their axes, and that names are escaped."""

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbert.errors import InputError
from kbert.reports.bar_chart import bar_chart
from kbert.reports.line_chart import Line, line_chart
from kbert.reports.matrix_chart import matrix_chart
from kbert.reports.svg import Svg, limits, number, ticks

NUMBERS = st.floats(-1e9, 1e9).filter(lambda value: value == 0 or abs(value) > 1e-9)


def texts_of(drawing):
    return [
        one.text for one in ET.fromstring(drawing._repr_svg_()).iter() if one.tag.endswith("}text")
    ]


@given(NUMBERS, NUMBERS, st.integers(2, 12))
def test_ticks_are_round_numbers_within_the_range(one, other, most):
    low, high = limits([one, other])
    if (high - low) < 1e-9 * max(abs(low), abs(high)):
        return
    found = ticks(low, high, most)
    assert 2 <= len(found) <= max(most, 5) + 1
    slack = (high - low) * 1e-6
    assert all(low - slack <= tick <= high + slack for tick in found)
    if len(found) > 1:
        step = found[1] - found[0]
        first = step / 10 ** math.floor(math.log10(step) + 1e-9)
        assert first == pytest.approx(round(first), rel=1e-4)
        assert round(first) in (1, 2, 5, 10)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (0.25, "0.25"), (12345, "12,345"), (2e-5, "2e-5"), (3e6, "3e6"), (1.5e-4, "1.5e-4")],
)
def test_axis_numbers(value, shown):
    assert number(value) == shown


def test_a_line_has_a_gap_where_a_value_is_missing():
    drawing = line_chart(
        [Line("a & b", [0, 1, 2, 3], [0, 1, math.nan, 1])], title="T", x_label="x", y_label="y"
    )
    [own] = [one for one in ET.fromstring(drawing.element).iter() if one.get("d")]
    assert own.get("d").count("M") == 2
    assert own.get("d").count("L") == 1
    assert "a & b" in texts_of(drawing)


def test_lines_differ_without_colours():
    lines = [Line(str(at), [0, 1], [at, at]) for at in range(3)]
    drawing = line_chart(lines, title="T", x_label="x", y_label="y")
    kinds = {one.get("class") for one in ET.fromstring(drawing.element).iter() if one.get("d")}
    assert kinds == {"line s0", "line s1", "line s2"}
    assert drawing._repr_svg_().count("stroke-dasharray") >= 2


def test_a_matrix_shows_counts_and_shares_of_each_class():
    drawing = matrix_chart(np.array([[9, 1], [0, 0]]), ["<no>", "a" * 40], title="T")
    cells = [one for one in ET.fromstring(drawing.element).iter() if one.get("class") == "cell"]
    assert [float(cell.get("fill-opacity")) for cell in cells] == [0.9, 0.1, 0, 0]
    assert {"<no>", "a" * 11 + "…" + "a" * 12, "9", "1"} <= set(texts_of(drawing))


def test_bar_heights_are_proportional_to_their_values(tmp_path):
    drawing = bar_chart(
        [0, 1, 2], [4, 2], title="T", x_label="x", y_label="y", marks=[(2, "limit")]
    )
    bars = [one for one in ET.fromstring(drawing.element).iter() if one.get("class") == "bar"]
    assert float(bars[0].get("height")) == pytest.approx(2 * float(bars[1].get("height")), abs=0.1)
    drawing.save(tmp_path / "bars.svg")
    assert "limit" in (tmp_path / "bars.svg").read_text(encoding="utf-8")


def test_the_name_of_a_mark_is_above_the_bars():
    for place, anchor in ((9, "end"), (1, "start")):
        drawing = bar_chart(
            range(11), [1] * 10, title="T", x_label="x", y_label="y", marks=[(place, "limit")]
        )
        parts = list(ET.fromstring(drawing.element).iter())
        [name] = [one for one in parts if one.text == "limit"]
        bars = [one for one in parts if one.get("class") == "bar"]
        assert float(name.get("y")) < min(float(bar.get("y")) for bar in bars)
        assert name.get("text-anchor") == anchor  # so that it is within the drawing


def test_saving_replaces_only_its_own_drawings(tmp_path):
    file = tmp_path / "plots" / "a.svg"
    Svg("<g/>", 9, 9, "first").save(file)
    Svg("<g/>", 9, 9, "second").save(str(file))
    assert "second" in file.read_text(encoding="utf-8")
    other = tmp_path / "logo.svg"
    other.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    with pytest.raises(InputError, match=r"logo.svg already exists; kbert never overwrites files"):
        Svg("<g/>", 9, 9, "third").save(other)
    assert other.read_text(encoding="utf-8").endswith('svg"/>')
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_one_value_has_an_axis():
    drawing = line_chart([Line("a", [3], [0.5])], title="T", x_label="x", y_label="y")
    assert "NaN" not in drawing.element
    assert "nan" not in drawing.element
