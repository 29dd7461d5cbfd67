"""A comparison of runs in the terminal."""

from dataclasses import replace

import pytest
from reports.test_comparison import BEST, WORSE, by, with_settings

from kbert.cli.show_comparison import shown_comparison
from kbert.reports.comparison import Comparison


def test_two_runs():
    assert shown_comparison(Comparison.of([BEST, WORSE])).splitlines() == [
        "accuracy on the same 40 rows of dev, each run at its best evaluation",
        "  run    accuracy    95% of samples  macro F1     MCC    loss  best at  seconds",
        "  best     0.9500  0.8750 to 1.0000    0.9500  0.9000  0.2152  epoch 1        -",
        "  worse    0.8250  0.7000 to 0.9250    0.8249  0.6508  0.4899  epoch 1        -",
        "",
        "Against best, the first:",
        "  run    difference     95% of samples  only the first right  only this right       p",
        "  worse     -0.1250  -0.2500 to 0.0000                     6                1  0.1250",
        "p: McNemar's exact test on these rows, which says nothing about other seeds.",
        "",
        "Settings, data and versions are the same.",
    ]


def test_settings_are_compared_over_seeds():
    runs = [
        with_settings(report, seed, rate)
        for rate, both in ((1e-5, (WORSE, WORSE)), (2e-5, (BEST, WORSE)), (3e-5, (WORSE, WORSE)))
        for seed, report in enumerate(both)
    ]
    text = shown_comparison(Comparison.of(runs))
    lines = text.splitlines()
    at = lines.index("Over seeds, accuracy of runs that differ in nothing else:")
    assert lines[at + 2 : at + 5] == [
        "  learning_rate 1e-05  0, 1   0.8250     0.0000",
        "  learning_rate 2e-05  0, 1   0.8875     0.0884",
        "  learning_rate 3e-05  0, 1   0.8250     0.0000",
    ]
    # Differences 0.125 and 0: t is 1, whose p with one degree of freedom is 0.5.
    tested = next(line for line in lines if line.startswith("  learning_rate 2e-05      2"))
    assert tested.split()[-6:] == ["1.000", "0.5000", "0.5000", "1", "0", "1.0000"]
    assert "  learning_rate 3e-05: The difference is the same with every seed" in text
    assert "p (Holm): the same, corrected for 5 tests." in lines
    assert lines[-8:-6] == ["Settings that differ:", "  run      seed  learning_rate"]
    assert lines[-1] == "  3e-05-1  1     3e-05"


@pytest.mark.parametrize("monitor", ["accuracy", "loss"])
def test_it_says_when_lower_is_better(monitor):
    runs = [replace(one, history=by(one, monitor), predictions=None) for one in (BEST, WORSE)]
    assert ("Lower is better." in shown_comparison(Comparison.of(runs))) == (monitor == "loss")


def test_a_long_name_is_cut_and_missing_parts_are_noted():
    lacking = replace(WORSE, name="a" * 100, predictions=None, notes=("No rows.",))
    text = shown_comparison(Comparison.of([BEST, lacking]))
    assert "a" * 39 + "…" in text
    assert max(map(len, text.splitlines())) < 120
    assert text.splitlines()[-1].endswith("No rows.")
    assert "McNemar" not in text
