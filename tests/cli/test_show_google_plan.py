"""`kbert plan --google-flags`: what run_classifier.py would do."""

import json

import pytest

from kbert.cli.show_google_plan import show_google_plan
from kbert.data.reading.reading_options import ReadingOptions
from kbert.errors import InputError

FLAGS = "--do_train --train_batch_size=32 --num_train_epochs=3 --learning_rate=2e-5"


def shown(capsys, flags=FLAGS, data=None, examples=3668, step=0, as_json=True):
    status = show_google_plan(flags, data, examples, step, ReadingOptions(), as_json=as_json)
    out = capsys.readouterr().out
    return status, json.loads(out) if as_json else out


def test_the_arithmetic_matches_the_script(capsys):
    _, record = shown(capsys)
    # int(3668 / 32 * 3) and int(343 * 0.1), for MRPC
    assert (record["updates"], record["warmup_updates"], record["remaining"]) == (343, 34, 343)


def test_training_again_from_the_end_of_the_plan_is_an_error(capsys):
    status, record = shown(capsys, step=343)
    assert status == 2
    assert (record["remaining"], record["learning_rate_now"]) == (0, 0)


def test_the_equivalent_command_is_shown(capsys):
    _, out = shown(capsys, as_json=False)
    line = next(line for line in out.splitlines() if line.startswith("Equivalent kbert command"))
    assert "recipe" in line
    assert "2e-05" in line


def test_the_rows_of_a_file_are_counted(tmp_path, capsys):
    path = tmp_path / "rows.csv"
    path.write_text("text,label\n" + "".join(f"story {n},{n % 2}\n" for n in range(96)))
    _, record = shown(capsys, data=str(path), examples=None)
    assert record["updates"] == 9


def test_the_number_of_rows_is_required(capsys):
    with pytest.raises(InputError, match="Name the training file, or how many rows"):
        shown(capsys, examples=None)


def test_the_rows_of_a_regression_task_are_counted(tmp_path, capsys):
    header = "index\tgenre\tsentence1\tsentence2\tscore\n"
    rows = [f"{n}\tnews\tA story {n}.\tA tale {n}.\t{n % 51 / 10}\n" for n in range(96)]
    (tmp_path / "train.tsv").write_text(header + "".join(rows), encoding="utf-8")
    _, out = shown(
        capsys, f"--task_name=STSB --data_dir={tmp_path} {FLAGS}", examples=None, as_json=False
    )
    assert "N = int(96 / 32 * 3) = 9 updates" in out
    line = next(line for line in out.splitlines() if line.startswith("Equivalent kbert command"))
    assert "stsb" in line
    assert str(tmp_path) in line
    assert "name the file to see" not in out  # numbers have no classes that a buffer could mix
