"""docs/reproduce.md: each command has run_classifier.py's plan, as the table states it."""

import json
import re
import shlex
from pathlib import Path

import pytest

from kbert.cli.main import main

PAGE = (Path(__file__).parents[2] / "docs" / "reproduce.md").read_text(encoding="utf-8")
ROWS = {
    name: [int(cell.replace(",", "")) for cell in cells]
    for name, *cells in re.findall(
        r"^\| ([\w, -]+?) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|", PAGE, re.M
    )
}
COMMANDS = {
    name: shlex.split(block.replace("\\\n", " "))
    for name, block in re.findall(r"^## (.+?)\n\n```text\n(kbert train .+?)```", PAGE, re.M | re.S)
}
PLAN_FLAGS = ("--recipe", "--batch-size", "--learning-rate", "--epochs")


def google(step, rows, batch, epochs, peak):
    """Return run_classifier.py's learning rate at a step; N and W are truncated to integers."""
    updates = int(rows / batch * epochs)
    warmup = int(0.1 * updates)
    return peak * step / warmup if step < warmup else peak * (1 - step / updates)


def test_each_row_has_its_command():
    assert list(ROWS) == list(COMMANDS)
    assert len(ROWS) == 6


@pytest.mark.parametrize("name", ROWS)
def test_plan_matches_the_script(name, capsys):
    rows, updates, warmup = ROWS[name]
    words = COMMANDS[name]
    flags = {word: words[words.index(word) + 1] for word in PLAN_FLAGS}
    given = [part for flag in flags.items() for part in flag]
    with pytest.raises(SystemExit, match="^0$"):
        main(["plan", "--examples", str(rows), "--json", *given])
    plan = json.loads(capsys.readouterr().out)
    batch, epochs = int(flags["--batch-size"]), int(flags["--epochs"])
    assert plan["recipe"] == "google"
    assert plan["updates"] == updates == int(rows / batch * epochs)
    assert plan["warmup_updates"] == warmup == int(0.1 * updates)
    points = plan["key_points"].values()
    assert len(points) == 4
    for point in points:
        expected = google(point["update"], rows, batch, epochs, float(flags["--learning-rate"]))
        assert point["learning_rate"] == pytest.approx(expected, rel=1e-5)


def test_says_that_the_scores_were_not_run_here():
    assert "none of these scores has been run here" in PAGE
