import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbert.cli.terminal_curve import terminal_curve
from kbert.plans.training_plan import TrainingPlan

EIGHTHS = " ▁▂▃▄▅▆▇█"


def columns(curve):
    """The eighths of each column, from the lowest line up."""
    lines = [line.partition("|")[2] for line in reversed(curve.splitlines())]
    return [[EIGHTHS.index(block) for block in column] for column in zip(*lines, strict=True)]


def test_by_hand():
    assert terminal_curve([0, 1, 2, 4], height=2).splitlines() == [
        "         4 |   █",
        "         0 | ▄██",
    ]
    assert terminal_curve([1, 0.125], height=1) == "         1 |█▁"


def test_only_the_first_and_last_lines_have_labels():
    lines = terminal_curve([1e-5, 5e-5], height=4).splitlines()
    assert [line.partition("|")[0].strip() for line in lines] == ["5e-05", "", "", "0"]


@given(st.lists(st.just(0.0) | st.floats(1e-9, 1e6), min_size=1, max_size=60), st.integers(1, 9))
def test_every_column_is_as_high_as_its_value(values, height):
    curve = terminal_curve(values, height)
    lines = curve.splitlines()
    assert len(lines) == height
    assert {line.index("|") for line in lines} == {11}
    assert {len(line) for line in lines} == {12 + len(values)}
    for value, column in zip(values, columns(curve), strict=True):
        full, rest = divmod(sum(column), 8)
        assert column == ([8] * full + [rest] + [0] * height)[:height]
        assert sum(column) == pytest.approx(value / (max(values) or 1) * height * 8, abs=0.5001)


def test_a_plan_rises_and_falls():
    plan = TrainingPlan(examples=3668)
    rates = plan.learning_rate_at(np.linspace(0, plan.updates - 1, 60).astype(int))
    heights = [sum(column) for column in columns(terminal_curve(rates))]
    top = heights.index(6 * 8)
    assert heights[:top] == sorted(heights[:top])
    assert heights[top:] == sorted(heights[top:], reverse=True)
    assert top == pytest.approx(60 * 0.1, abs=1)
