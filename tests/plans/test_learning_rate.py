"""The learning rate against Google's own values and against plain arithmetic."""

import csv
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.plans.learning_rate import LearningRate

REFERENCE = Path(__file__).parents[1] / "data" / "reference" / "lr.csv"


def plain(step, peak, decay_steps, warmup_steps, end, power, cycle, decay_from):
    """The documented formula at one step, in plain Python."""
    if step < warmup_steps:
        if decay_from == "start":
            return peak * step / warmup_steps
        return peak * (step + 1) / (warmup_steps + 1)
    start = 0 if decay_from == "start" else warmup_steps
    step, period = step - start, decay_steps - start
    # From here on it is tf.train.polynomial_decay.
    if cycle:
        period *= max(1, math.ceil(Fraction(step, period)))
    step = min(step, period)
    return (peak - end) * (1 - step / period) ** power + end


@pytest.fixture(scope="module")
def reference():
    with REFERENCE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1874
    return rows


def test_matches_google_values_from_tensorflow(reference):
    groups = {}
    for row in reference:
        key = (float(row["init_lr"]), int(row["num_train_steps"]), int(row["num_warmup_steps"]))
        groups.setdefault(key, []).append((int(row["step"]), float(row["lr"])))
    assert len(groups) == 5
    for (peak, decay_steps, warmup_steps), rows in groups.items():
        steps, expected = map(np.array, zip(*rows, strict=True))
        rates = LearningRate(
            peak=peak, decay_steps=decay_steps, warmup_steps=warmup_steps, decay_from="start"
        ).at(steps)
        # TensorFlow computes in float32, and its graph rewriting moves that by up to 9.1e-8.
        np.testing.assert_allclose(rates, expected, rtol=0, atol=1.1e-7 * peak)


@pytest.mark.parametrize("decay_from", ["start", "warmup_end"])
@pytest.mark.parametrize("cycle", [False, True], ids=["once", "cycle"])
@pytest.mark.parametrize("power", [0.5, 1, 2])
@pytest.mark.parametrize("warmup_steps", [0, 1, 3, 9])
def test_the_documented_formula(decay_from, cycle, power, warmup_steps):
    steps = np.arange(45)
    options = (10, warmup_steps, 1e-5, power, cycle, decay_from)
    rates = LearningRate(
        peak=1e-3,
        decay_steps=10,
        warmup_steps=warmup_steps,
        end=1e-5,
        power=power,
        cycle=cycle,
        decay_from=decay_from,
    ).at(steps)
    assert rates.dtype == np.float64
    expected = [plain(step, 1e-3, *options) for step in steps.tolist()]
    # The absolute tolerance is for the square root of 1 - step / period near its end.
    np.testing.assert_allclose(rates, expected, rtol=1e-12, atol=1e-10)


@given(
    decay_steps=st.integers(1, 500),
    share=st.floats(0, 1, exclude_max=True),
    end=st.floats(0, 1),
    power=st.floats(0.1, 3),
)
@settings(deadline=None)
def test_continuous_schedule_rises_and_falls_above_zero(decay_steps, share, end, power):
    warmup_steps = int(decay_steps * share)
    rates = LearningRate(
        peak=1.0, decay_steps=decay_steps, warmup_steps=warmup_steps, end=end, power=power
    ).at(np.arange(decay_steps + 3))
    assert rates[warmup_steps] == pytest.approx(1)
    assert (np.diff(rates[: warmup_steps + 1]) > 0).all()
    assert (np.diff(rates[warmup_steps:]) <= 1e-15).all()
    assert (rates[:decay_steps] > 0).all()
    assert (rates[decay_steps:] == end).all()


def test_the_google_schedule_drops_at_the_end_of_warmup():
    options = {"peak": 1.0, "decay_steps": 100, "warmup_steps": 10, "decay_from": "start"}
    assert LearningRate(**options).at(0) == 0
    assert LearningRate(**options).at(9) == pytest.approx(0.9)
    assert LearningRate(**options).at(10) == pytest.approx(1 - 10 / 100)


@pytest.mark.parametrize("decay_from", ["start", "warmup_end"])
def test_steps_near_a_hundred_million(decay_from):
    """There float32 cannot tell a step from the next: its values are 8 apart."""
    decay_steps, warmup_steps = 100_000_007, 10_000_001
    start = 0 if decay_from == "start" else warmup_steps
    for left in (0, 1, 2, 3, 1000):
        rate = LearningRate(
            peak=1.0, decay_steps=decay_steps, warmup_steps=warmup_steps, decay_from=decay_from
        ).at(np.int64(decay_steps - left))
        assert rate == pytest.approx(float(Fraction(left, decay_steps - start)), rel=1e-14)


def test_scalar_steps_match_an_array_of_steps():
    options = {"peak": 1e-3, "decay_steps": 20, "warmup_steps": 5}
    rates = LearningRate(**options).at(np.arange(24).reshape(4, 6))
    assert rates.shape == (4, 6)
    assert [float(LearningRate(**options).at(s)) for s in range(24)] == rates.ravel().tolist()
