"""`kbert pretrain`, `kbert resume` of its run, and `kbert train` with what it leaves."""

import shlex

import pytest

from kbert.cli.main import main

pytestmark = pytest.mark.keras


def call(capsys, *arguments):
    """The exit status, and what a command has printed."""
    with pytest.raises(SystemExit) as end:
        main(list(map(str, arguments)))
    out, err = capsys.readouterr()
    return end.value.code, out + err


@pytest.mark.any_backend  # what it calls is tested on each
def test_from_texts_to_a_classifier(reviews, tiny_preset, tmp_path, capsys):
    short = ["--max-length", 12, "--epochs", 1, "--allow", "too-few-updates"]
    run = tmp_path / "texts"
    status, told = call(
        capsys,
        *("pretrain", reviews, "--preset", tiny_preset, "--weights", "random", *short),
        *("--output", run),
    )
    assert status == 0, told
    assert "text = 'text'" in told
    assert "label" not in told.split("Training plan")[0]
    assert "dev: masked loss" in told
    [line] = [line for line in told.splitlines() if " train FILE" in line]
    words = shlex.split(line.partition("#")[0])
    train = [str(reviews) if word == "FILE" else word for word in words[words.index("train") :]]
    status, told = call(capsys, *train, *short, "--output", tmp_path / "run", "--baseline", "none")
    assert status == 0, told
    status, told = call(capsys, "resume", run)
    assert (status, "has completed its pretraining" in told) == (2, True)
    status, told = call(capsys, "predict", run, reviews)
    assert (status, "without a classification head" in told) == (2, True)
