"""`make predict`, with a program in place of kbert that prints what it is given."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[1] / "Makefile"

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


@pytest.fixture
def predict(tmp_path):
    """A function that runs `make predict` in a folder, and returns its status and output."""
    for name in ("pyproject.toml", ".venv/.python", ".venv/.installed-tensorflow"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1e9, 1e9))
    program = tmp_path / ".venv" / "bin" / "kbert"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)

    def run(*variables):
        command = ["make", "-s", "-f", str(MAKEFILE), "predict", *variables]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    return run


def make_run(folder, *, trained, age):
    (folder / "model").mkdir(parents=True) if trained else folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    for path in (folder / "run.json", *folder.glob("model")):
        os.utime(path, (2e9 - age, 2e9 - age))


def test_without_a_run_it_says_what_to_type(predict):
    status, said, refused = predict()
    assert (status, said) == (2, "")
    assert refused.startswith("There is no run in runs/. Train one: make train; or name one:")


def test_an_unfinished_run_is_left_to_kbert_to_explain(predict, tmp_path):
    make_run(tmp_path / "runs" / "a b-1", trained=False, age=0)
    assert predict() == (0, "predict runs/a b-1 --backend tensorflow\n", "")


def test_the_newest_run_with_a_model_is_taken(predict, tmp_path):
    make_run(tmp_path / "runs" / "old", trained=True, age=20)
    make_run(tmp_path / "runs" / "new", trained=True, age=10)
    make_run(tmp_path / "runs" / "unfinished", trained=False, age=0)
    assert predict() == (0, "predict runs/new --backend tensorflow\n", "")
    assert predict("RUN=runs/old")[1] == "predict runs/old --backend tensorflow\n"
