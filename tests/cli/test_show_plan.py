"""`kbert plan FILE`: reports problems of the data, or names the command that does."""

import json
import shlex

import pytest

from kbert.cli.main import main


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(labels, more="", name="reviews.csv"):
        rows = [f"A story of {i} friends;{labels[i % len(labels)]}\n" for i in range(400)]
        (tmp_path / name).write_text("body;kind\n" + "".join(rows) + more, encoding="utf-8")
        return name

    return write


def kbert(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    return end.value.code, capsys.readouterr()


def test_a_task_is_planned_and_inspected_by_its_folder(tmp_path, capsys):
    for name in ("train", "dev"):
        rows = "".join(f"{i}\tIt is {name} {i}.\tSo {i}.\t{i % 2}\n" for i in range(400))
        text = f"index\tsentence1\tsentence2\tlabel\n{rows}"
        (tmp_path / f"{name}.tsv").write_text(text, encoding="utf-8")
    status, shown = kbert(capsys, "plan", str(tmp_path), "--task", "wnli")
    assert status == 0, shown.err
    assert "400 examples" in shown.out
    pointer = shown.out.splitlines()[-1].removeprefix("What is in the data: ")
    assert pointer.endswith(f"inspect {tmp_path} --task wnli")
    status, shown = kbert(capsys, "inspect", str(tmp_path), "--task", "wnli", "--json")
    record = json.loads(shown.out)
    assert (record["rows"], record["classes"]) == (400, {"0": 200, "1": 200})


FLAGS = ["--text", "body", "--label", "kind", "--delimiter", ";", "--on-bad-row", "skip"]


def test_the_suggested_inspect_has_every_reading_flag(write, capsys):
    path = write(["good", "bad"], ";bad\n")
    status, shown = kbert(capsys, "plan", path, *FLAGS, "--max-length", "64")
    assert status == 0, shown.err
    pointer = shown.out.splitlines()[-1].removeprefix("What is in the data: ")
    *_, verb, data = shlex.split(pointer.split(" --")[0])
    assert (verb, data) == ("inspect", path)
    for flag in ("--text body", "--label kind", "--delimiter ';'", "--on-bad-row skip"):
        assert flag in pointer
    assert "--max-length 64" in pointer
    arguments = shlex.split(pointer[pointer.index("inspect") :])
    assert kbert(capsys, *arguments)[0] == 0


def test_data_that_would_stop_a_run_is_reported(write, capsys):
    path = write(["good", "Good", "bad"])
    status, shown = kbert(capsys, "plan", path, *FLAGS)
    assert status == 2
    last = shown.out.splitlines()[-1]
    assert last.startswith("ERROR: the data would stop a run (label-variants). See: ")
    status, shown = kbert(capsys, "plan", path, *FLAGS, "--json")
    assert status == 2
    found = json.loads(shown.out)["data_findings"]
    assert found[0]["code"] == "label-variants"


def test_skipped_set_aside_and_duplicate_rows_are_reported(write, capsys):
    path = write(["good", "bad"], ";bad\n" + 5 * "A story of 1 friends;bad\n")
    status, shown = kbert(capsys, "plan", path, *FLAGS, "--epochs", "10")
    assert status == 0, shown.err
    first, second, *_ = shown.out.splitlines()
    assert first.startswith(f"{path}: 365 rows; ")
    assert first.endswith("; 1 bad row left out")
    assert second.startswith(f"{path} (10% set aside, seed 0): 40 rows; ")
    assert (
        "WARNING  duplicates\n           5 rows (1.2%) with the text of an earlier row" in shown.out
    )
    status, shown = kbert(capsys, "plan", path, *FLAGS, "--epochs", "10", "--json")
    assert json.loads(shown.out)["sets"] == {
        "train": {"rows": 365, "skipped": 1},
        "dev": {"rows": 40, "skipped": 0},
    }
    assert "365 rows" in kbert(capsys, "plan", path, *FLAGS, "--devices", "1,2")[1].out
    none = kbert(capsys, "plan", path, *FLAGS, "--dev-proportion", "0", "--json")[1].out
    assert json.loads(none)["sets"] == {"train": {"rows": 405, "skipped": 1}}


@pytest.mark.parametrize("rows", [["reviews.csv", *FLAGS], ["--examples", "400"]])
def test_the_backend_is_checked_even_without_time(rows, write, capsys, monkeypatch):
    write(["good", "bad"])
    monkeypatch.setattr("kbert.backend.choose_backend._installed", lambda name: name == "torch")
    monkeypatch.setattr("kbert.backend.choose_backend._running", lambda: None)
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert kbert(capsys, "plan", *rows, "--backend", "torch")[0] == 0
    status, shown = kbert(capsys, "plan", *rows, "--backend", "jax")
    assert status == 2
    assert "jax" in shown.err


@pytest.mark.keras
@pytest.mark.any_backend  # depends only on what is refused
def test_a_run_that_would_be_refused_is_timed_too(tiny_preset, write, capsys):
    path = write(["good", "Good", "bad"])
    settings = ["--preset", str(tiny_preset), "--max-length", "8", "--batch-size", "64"]
    status, shown = kbert(capsys, "plan", path, *FLAGS, *settings, "--time")
    assert status == 2
    assert "too-few-updates" in shown.out
    assert "label-variants" in shown.out
    assert "Time on this machine: about" in shown.out
    assert shown.err == ""


def test_an_error_that_is_allowed_is_a_warning(capsys):
    command = ["plan", "--examples", "60"]
    assert kbert(capsys, *command)[0] == 2
    status, shown = kbert(capsys, *command, "--allow", "too-few-updates")
    assert status == 0, shown.err
    assert "WARNING  too-few-updates (allowed)" in shown.out


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        ("--freeze-embeddings --freeze-layers 3", "frozen: the embeddings, the lowest 3 layers"),
        ("--gradual-unfreezing 0.3", "from the head: all are trained after 30% of the updates"),
        ("--layer-decay 0.9", "learning rate of each layer: 0.9 times that of the one above"),
        ("--reinit-layers 1", "new weights: the highest layer"),
        ("--pooling mean", "the head reads the mean of the tokens"),
        ("--pooling cls", "the head reads [CLS]"),
        ("--recipe google", "the head reads [CLS]"),
        ("--lora-rank 8 --learning-rate 1e-3", "LoRA"),
        ("--moving-average 0.9", "the moving average of the weights, with a momentum of up to 0.9"),
        ("--average-best 2", "at the end: the average of the weights of the best 2 evaluations"),
        ("--r-drop 1", "R-Drop: two passes, whose divergence has weight 1"),
        ("--fgm 0.5", "FGM: each batch once more, its token embeddings moved by 0.5"),
        ("--contrastive 0.3", "supervised contrastive loss: weight 0.3"),
        ("--token-dropout 0.1", "token dropout: 10% of the tokens are [MASK] in training"),
        ("--head linear", "the head begins as a linear model"),
    ],
)
def test_a_technique_has_a_line_in_the_plan(flags, line, capsys):
    status, shown = kbert(capsys, "plan", "--examples", "3200", *flags.split())
    assert status == 0, shown.err
    lines = shown.out.splitlines()
    (index,) = (n for n, each in enumerate(lines) if line in each)
    assert index > next(n for n, each in enumerate(lines) if "(last update)" in each)
    status, shown = kbert(capsys, "plan", "--examples", "3200")
    assert flags.startswith(("--pooling", "--recipe", "--head")) or line not in shown.out
