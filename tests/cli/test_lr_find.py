import json

import pytest

from kbert import InputError
from kbert.cli.main import main

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]  # the search itself: tests/runs


@pytest.fixture
def command(reviews, tiny_preset):
    flags = ("--preset", str(tiny_preset), "--weights", "random", "--max-length", "8")
    return ["lr-find", str(reviews), *flags, "--batch-size", "8", "--updates", "12"]


def run(command, status=0):
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code == status


def test_a_search_is_printed_and_drawn(command, tmp_path, capsys):
    run([*command, "--highest", "1", "--plot", str(tmp_path / "rates.svg")])
    shown = capsys.readouterr().out
    assert "updates at rates from 1e-07 to" in shown
    assert "update 3 of 12, rate 1.9e-06, loss " in shown
    assert "Training plan" not in shown
    assert "new head" not in shown  # random weights have no other
    drawing = (tmp_path / "rates.svg").read_text(encoding="utf-8")
    assert drawing.startswith("<svg")
    assert "learning rate, as a power of ten" in drawing


def test_a_search_as_json(command, capsys):
    run([*command, "--json"])
    record = json.loads(capsys.readouterr().out)
    assert len(record["rates"]) == len(record["losses"]) == 12
    assert record["rates"][0] == pytest.approx(1e-7)
    assert record["rates"][-1] == pytest.approx(1e-2)


def test_a_recipe_sets_what_is_not_given(command, monkeypatch):
    seen = []

    def search(config, **limits):
        seen.append((config.batch_size, config.contrastive))
        raise InputError("seen")

    monkeypatch.setattr("kbert.runs.search_learning_rate.search_learning_rate", search)
    run([*command[:-4], "--recipe", "few-shot"], status=2)
    run([*command, "--recipe", "few-shot"], status=2)
    assert seen == [(16, 1.0), (8, 1.0)]


def test_a_highest_rate_below_the_lowest_is_refused(command, capsys):
    run([*command, "--lowest", "1e-2", "--highest", "1e-3"], status=2)
    assert "and --highest above --lowest. Received: 0.01, 0.001" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["rates.png", "notes.svg"])
def test_an_unusable_plot_path_is_refused_before_the_search(name, command, tmp_path, capsys):
    (tmp_path / "notes.svg").write_text("mine")
    run([*command, "--plot", str(tmp_path / name)], status=2)
    shown = capsys.readouterr()
    assert name in shown.err
    assert "Loading" not in shown.out
    assert (tmp_path / "notes.svg").read_text() == "mine"
