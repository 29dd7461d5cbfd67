"""The extra `serve`, alone in a fresh environment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
NOT_THERE = ("keras", "keras_hub", "tensorflow", "jax", "torch", "pyarrow", "sklearn", "optree")


def run(*command, **options):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "KERAS_"))}
    return subprocess.run(
        list(map(str, command)), env=environment, capture_output=True, text=True, **options
    )


def test_it_is_all_that_a_server_needs(export_folder, tmp_path):
    run(sys.executable, "-m", "venv", tmp_path / "venv", check=True)
    python, kbert = tmp_path / "venv/bin/python", tmp_path / "venv/bin/kbert"
    done = run(python, "-m", "pip", "install", "--quiet", f"{ROOT}[serve]")
    assert done.returncode == 0, done.stderr
    (packages,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    assert not [name for name in NOT_THERE if (packages / name).exists()]

    (tmp_path / "texts.csv").write_text("text\nstory\na dull mess\n")
    done = run(kbert, "predict", export_folder, tmp_path / "texts.csv")
    assert (done.returncode, done.stderr) == (0, "")
    header, *rows = done.stdout.splitlines()
    assert header == "row,text,label,probability,p(high),p(low)"
    assert [row.split(",")[:3] for row in rows] == [
        ["1", "story", "high"],
        ["2", "a dull mess", "high"],
    ]

    for arguments in (["train", tmp_path / "texts.csv"], ["predict", tmp_path]):
        done = run(kbert, *arguments)
        assert done.returncode == 2
        assert done.stderr.startswith("kbert: ")
        assert len(done.stderr.splitlines()) == 1
