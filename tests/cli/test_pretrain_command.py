"""`kbert pretrain`, `kbert resume` on its run, and `kbert train` with its result."""

import shlex

import pytest

from kbert.cli.main import main

pytestmark = pytest.mark.keras


def call(capsys, *arguments):
    """The exit status and output of a command."""
    with pytest.raises(SystemExit) as end:
        main(list(map(str, arguments)))
    out, err = capsys.readouterr()
    return end.value.code, out + err


@pytest.mark.any_backend  # what it calls is tested on each backend
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
    status, told = call(capsys, "resume", run, "--epochs", 2)
    assert (status, "it cannot change --epochs" in told) == (2, True)
    assert f"pretrain TEXTS --preset {run}" in told
    status, told = call(capsys, "predict", run, reviews)
    assert (status, "without a classification head" in told) == (2, True)
    status, told = call(capsys, "evaluate", run)
    assert (status, "has no classes yet" in told) == (2, True)


@pytest.mark.any_backend  # no model is built
@pytest.mark.parametrize(
    ("content", "flags", "message"),
    [
        ("aa,bb\na film,x\n", [], "no column could be recognized as the text"),
        ("", [], "contains no rows"),
        ("text\none text\n", [], "there is only one"),
        ("text\na\nb\n", ["--stride", 3, "--long-text", "head"], "--stride belongs to --long-text"),
        ("text\na\nb\n", ["--max-windows", 3], "no option --max-windows"),
        ("text\na\nb\n", ["--pool", "max"], "no option --pool"),
        ("text\na\nb\n", ["--label", "text"], "no option --label"),
        ("text\na\nb\n", [], "too-few-updates"),
    ],
)
def test_invalid_input_is_refused(tiny_preset, tmp_path, capsys, content, flags, message):
    (tmp_path / "texts.csv").write_text(content, encoding="utf-8")
    arguments = [tmp_path / "texts.csv", "--preset", tiny_preset, "--max-length", 16]
    arguments += ["--output", tmp_path / "run"]
    status, told = call(capsys, "pretrain", *arguments, *flags)
    assert (status, message in told) == (2, True), told
    assert "Traceback" not in told
    assert not (tmp_path / "run").exists()


@pytest.mark.any_backend  # no model is built
def test_plan_prints_the_plan_and_writes_nothing(
    sentences, tiny_preset, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts.txt").write_text("\n".join(sentences[0]) + "\n", encoding="utf-8")
    preset = ["--preset", tiny_preset, "--weights", "random"]
    size = ["--max-length", 8, "--batch-size", 4, "--plan"]
    status, told = call(capsys, "pretrain", "texts.txt", *preset, *size)
    assert status == 0, told
    assert "and several rows" in told
    assert "examples in batches of 4" in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["texts.txt"]


@pytest.mark.any_backend  # refused before a model is built
def test_pretraining_in_several_processes_is_refused(tmp_path, capsys, monkeypatch):
    step = {"JOB_ID": "1", "STEP_NODELIST": "a", "NTASKS": "2", "PROCID": "1", "LOCALID": "0"}
    for name, value in step.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    status, output = call(capsys, "pretrain", tmp_path / "texts.txt")
    assert status == 2
    assert "Pretraining computes in one process" in output
