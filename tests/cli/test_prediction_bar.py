import io
import sys

import pytest

from kbert.cli.prediction_bar import prediction_bar
from kbert.utils.say import verbosity


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_a_bar_with_rows_and_speed(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with prediction_bar(1200, to_terminal=False) as move:
        for _ in range(3):
            move(399.9999)
    shown = terminal.getvalue()
    assert "0 of 1,200 rows" in shown
    assert "1,200 of 1,200 rows" in shown
    assert "rows/s" in shown
    assert "time left" in shown


@pytest.mark.parametrize("case", ["quiet", "no terminal", "rows on the terminal"])
def test_no_bar(case, monkeypatch):
    stream = io.StringIO() if case == "no terminal" else Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(sys, "stdout", Terminal())
    level = 0 if case == "quiet" else 1
    is_mixed = case == "rows on the terminal"
    with verbosity(level), prediction_bar(9, to_terminal=is_mixed) as move:
        assert move is None
    assert stream.getvalue() == ""
