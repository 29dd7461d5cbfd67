"""Which runs can be compared."""

import json
from dataclasses import replace

import pytest

from kbert import InputError, TrainConfig, train
from kbert.cli.main import main
from kbert.runs.compare_runs import compare_runs

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]


@pytest.fixture(scope="module")
def runs(reviews, tiny_preset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    config = TrainConfig(
        data=str(reviews),
        preset=str(tiny_preset),
        weights="random",
        max_length=8,
        epochs=1,
        allow=("too-few-updates",),
        batch_size=16,
        split_seed=3,
        baseline="none",
        report=False,
    )
    made = {"one": {}, "other": {"seed": 1}, "rows": {"split_seed": 4}, "score": {"monitor": "mcc"}}
    return {
        name: train(replace(config, output=str(folder / name), **settings), verbose=0).path
        for name, settings in made.items()
    }


def status(*arguments):
    with pytest.raises(SystemExit) as ended:
        main(list(map(str, arguments)))
    return ended.value.code or 0


def test_runs_of_the_same_rows(runs, tmp_path, capsys):
    output = tmp_path / "page.html"
    assert status("report", runs["one"], runs["other"], "--output", output) == 0
    assert capsys.readouterr().out == f"Wrote {output}.\n"
    text = output.read_text(encoding="utf-8")
    for name in ("one", "other"):
        scores = json.loads((runs[name] / "evaluations.json").read_text())["epochs"][0]["dev"]
        assert f'<td>{name}</td><td class="number">{scores["accuracy"]:.4f}</td>' in text
    assert compare_runs([runs["one"], runs["other"]]).differing == {"seed": ("0", "1")}
    assert status("report", runs["one"], runs["other"], "--output", output) == 2
    assert "exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("rows", "were evaluated on different rows"),
        ("score", "was judged by accuracy, and .* by mcc"),
        ("one", "Name each run once"),
        ("nothing", "nothing"),
    ],
)
def test_what_cannot_be_compared(runs, second, message, capsys):
    other = runs.get(second, "nothing")
    with pytest.raises(InputError, match=message):
        compare_runs([runs["one"], other])
    assert status("report", runs["one"], other) == 2
    assert "Traceback" not in capsys.readouterr().err
