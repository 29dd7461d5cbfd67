"""The `serve` extra, alone in a fresh environment."""

from pathlib import Path

import pytest
from declared_environment import make_environment, run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
NOT_THERE = ("keras", "keras_hub", "tensorflow", "jax", "torch", "pyarrow", "sklearn", "optree")


def test_it_is_all_that_a_server_needs(export_folder, tmp_path):
    programs = make_environment(tmp_path / "venv", ROOT, "serve")
    (packages,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    assert not [name for name in NOT_THERE if (packages / name).exists()]

    (tmp_path / "texts.csv").write_text("text\nstory\na dull mess\n")
    done = run(programs / "kbert", "predict", export_folder, tmp_path / "texts.csv")
    assert done.stderr == ""
    header, *rows = done.stdout.splitlines()
    assert header == "row,text,label,probability,p(high),p(low)"
    assert [row.split(",")[:3] for row in rows] == [
        ["1", "story", "high"],
        ["2", "a dull mess", "high"],
    ]

    for arguments in (["train", tmp_path / "texts.csv"], ["predict", tmp_path]):
        done = run(programs / "kbert", *arguments, check=False)
        assert done.returncode == 2
        assert done.stderr.startswith("kbert: ")
        assert len(done.stderr.splitlines()) == 1
