import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kbert import TrainConfig
from kbert.cli.main import main
from kbert.runs.run_directory import RunDirectory
from kbert.utils.missing_package import TRAIN_PACKAGES

COMMAND = [sys.executable, "-m", "kbert"]


def kbert(*arguments, stdin=b"", cwd=None):
    """Run the command line in its own process; return its status and output."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)], input=stdin, capture_output=True, cwd=cwd, check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_help():
    status, out, err = kbert("--help")
    assert (status, err) == (0, "")
    assert kbert()[:2] == (0, out)
    for verb in ("train", "evaluate", "predict", "resume", "continue", "plan"):
        assert verb in out
        status, text, err = kbert(verb, "--help")
        assert (status, err) == (0, "")
        assert "--backend" in text


def test_help_lists_every_setting():
    _, out, _ = kbert("train", "--help")
    for name in TrainConfig.__dataclass_fields__:
        if name != "_":
            assert f"--{name.replace('_', '-')}" in out


def test_help_is_grouped_and_starts_with_the_common_flags():
    _, out, _ = kbert("train", "--help")
    groups = re.findall(r"─ ([A-Z][a-z ]+) ─", out)
    assert groups == [
        *("Data", "Plan", "Model", "Loss", "Techniques", "Evaluation"),
        "Checkpoints",
        *("Tracking", "Machine", "File format"),
    ]
    screen = "\n".join(out.splitlines()[:52])
    for flag in ("--label", "--output", "--epochs", "--batch-size", "--learning-rate", "--preset"):
        assert flag in screen
    assert "--max-length" in screen


def test_help_of_continue_shows_no_unused_defaults():
    _, out, _ = kbert("continue", "--help")
    data = next(line for line in out.splitlines() if "DATA --data" in line)
    assert "required" not in data
    settings = out.partition("─ Plan ─")[2].partition("─ Machine ─")[0]
    assert "--epochs" in settings
    assert "default:" not in settings


def test_completion_is_installed(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", "/bin/bash")
    status, out, err = kbert("--install-completion")
    assert (status, err) == (0, "")
    script = tmp_path / ".local/share/bash-completion/completions/kbert"
    assert str(script) in out
    assert "--batch-size" in script.read_text(encoding="utf-8")


def test_version():
    assert kbert("--version")[:2] == (0, "0.1.0\n")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["train", "--help"], ["--version"]], ids=" ".join
)
def test_help_imports_no_framework(arguments):
    code = (
        f"import kbert.cli.main\ntry: kbert.cli.main.main({arguments})\nexcept SystemExit: pass\n"
    )
    code += "import sys\nprint(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split("\n")
    assert "kbert.cli.main" in loaded
    assert {"keras", "keras_hub", "tensorflow", "jax", "torch", "numpy"}.isdisjoint(loaded)


@pytest.fixture
def folder(tmp_path):
    """A folder with files that cannot be used, each for its own reason."""
    (tmp_path / "empty.csv").touch()
    (tmp_path / "header.csv").write_text("text,label\n")
    (tmp_path / "one.csv").write_text("text,label\nA joy.,good\n")
    rows = [f"A joy {n}.,good\nA mess {n}.,bad\n" for n in range(20)]
    (tmp_path / "good.csv").write_text("text,label\n" + "".join(rows))
    (tmp_path / "binary.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xfe" * 9)
    (tmp_path / "data.png").write_bytes(b"\x89PNG")
    (tmp_path / "bad.toml").write_text("epochs = ")
    (tmp_path / "unknown.toml").write_text("epoch = 3\n")
    (tmp_path / "typed.toml").write_text('data = "good.csv"\nepochs = "three"\n')
    (tmp_path / "fraction.toml").write_text('data = "good.csv"\nepochs = 2.5\n')
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text('{"status": "stopped"}')
    return tmp_path


REFUSALS = {
    "learn good.csv": "There is no command 'learn'. Did you mean plan? Commands: demo, inspect, "
    "plan, lr-find, tokens, pretrain, train, sweep, resume, continue, evaluate, predict, serve, "
    "report, compare, errors, explain, import, export, presets.",
    "contine run": "There is no command 'contine'. Did you mean continue?",
    "train good.csv --allow nothing": "There is no finding 'nothing'",
    "train good.csv --epochs 1 --batch-size 16": "The run changes the weights 3 times",
    "inspect none.csv": "There is no file none.csv",
    "inspect good.csv --label text": "named both as the text and as the label",
    "plan": "Name the labelled file, or how many rows it has. Cure: --examples N",
    "plan --examples 100 --time": "--time needs the labelled file",
    "plan --google-flags --x": "run_classifier.py has no flag --x. Known: --data_dir",
    "plan --google-flags --do_train": "Name the training file, or how many rows",
    "plan --examples 9 --google-flags --num_train_epochs=x": "must be a number. Received: 'x'",
    "continue none --output new": "none does not exist",
    "continue --epochs 2 none --output new": "none does not exist",
    "continue run --output new": "run is a run without its config.toml",
    "resume none": "none does not exist",
    "resume run": "run is a run without its config.toml",
    "train none.csv": "There is no file none.csv. Files of that kind beside it: ",
    "train empty.csv": "empty.csv contains no rows",
    "train header.csv": "header.csv: at least one row was expected",
    "train one.csv": "every row has the label 'good'",
    "train binary.csv": "binary.csv is an image, but would be read as CSV",
    "train data.png": "the suffix '.png' does not identify a format",
    "train .": "is a directory; a file was expected",
    "train good.csv --text review": "no column 'review'. Its columns: 'text', 'label'",
    "train good.csv --output run": "run already contains a run",
    "train good.csv --epochs 0": "--epochs must be a whole number, 1 or more. Received: 0",
    "train good.csv --epochs 2.5": "--epochs must be a whole number. Received: '2.5'",
    "train good.csv --epochs three": "--epochs must be a whole number. Received: 'three'",
    "train good.csv --batch-size 32.9": "--batch-size must be a whole number",
    "plan --examples 100.5": "--examples must be a whole number. Received: '100.5'",
    "resume run --keep-checkpoints 1.0": "--keep-checkpoints must be a whole number",
    "train --config typed.toml": "typed.toml: --epochs must be a whole number. Received: 'three'",
    "train --config fraction.toml": "fraction.toml: --epochs must be a whole number. Received: 2.5",
    "predict run --bogus": "predict has no option --bogus. Cure: ",
    "train good.csv --patience 2 --dev-proportion 0": "--patience needs a dev set.",
    "train good.csv --dropout 1.5": "--dropout must be from 0 to below 1. Received: 1.5",
    "train good.csv --encoding klingon": "Received: 'klingon'",
    "train good.csv --preset ./none": "There is no file or folder ./none",
    "train good.csv --config none.toml": "There is no file none.toml",
    "train good.csv --config bad.toml": "bad.toml is not TOML",
    "train good.csv --config unknown.toml": "no setting 'epoch'. Did you mean 'epochs'?",
    "evaluate none good.csv": "There is no file or folder none. Check the path",
    "evaluate run good.csv": "its status is 'stopped'",
    "predict run good.csv": "its status is 'stopped'",
    "predict . good.csv": ". holds no model. Expected a run of kbert",
    "export run --format onnx --output run": "run already exists; kbert never overwrites files",
    "export run --format keras --output new": "--output must end in .keras",
    "export run --format google --output new --length 9": "--length is for programs",
    "export run --format google --output new --quantize int8": "--quantize int8 is for onnx",
    "predict run --batch-size 0": "--batch-size must be a whole number, 1 or more. Received: 0",
    "predict run --to xml": "--to must be one of csv, jsonl, xlsx. Received: 'xml'",
    "train": "train needs DATA, which is not given. Cure: ",
    "train good.csv --recipe theirs": "--recipe must be one of recommended, fast, "
    "best, google, few-shot. Received: ",
    "train good.csv --epochz 3": "train has no option --epochz. Did you mean --epochs?",
    "evaluate": "evaluate needs MODEL, which is not given.",
    "continue --epochs 2 --output new": "continue needs RUN, which is not given.",
    "export run --format onxx --output new": "Received: 'onxx'. Did you mean 'onnx'?",
    "export run --output new": "export needs --format, which is not given.",
    "predict run --backend mxnet": "--backend must be one of tensorflow, jax, torch. Received: ",
}


@pytest.mark.parametrize("line", REFUSALS)
def test_refuses_with_one_sentence_and_status_2(folder, line):
    before = sorted(folder.rglob("*"))
    status, out, err = kbert(*line.split(), cwd=folder)
    assert REFUSALS[line] in err
    assert (status, err.count("\n"), "Traceback" in out) == (2, 1, False)
    assert err.startswith("kbert: ")
    assert sorted(folder.rglob("*")) == before


@pytest.fixture
def settings(reviews, tiny_preset, tmp_path):
    """A settings file for a small run in the folder `first`."""
    config = TrainConfig(
        data=str(reviews),
        output=str(tmp_path / "first"),
        preset=str(tiny_preset),
        weights="random",
        max_length=16,
        epochs=50,
        batch_size=8,
    )
    (tmp_path / "settings.toml").write_text(config.to_toml(), encoding="utf-8")
    return tmp_path / "settings.toml"


@pytest.mark.keras
@pytest.mark.usefixtures("one_backend")
def test_train(settings, tmp_path):
    run = tmp_path / "second"
    flags = ["--epochs", 1, "--output", run]
    status, out, err = kbert("train", "--config", settings, *flags)
    assert (status, err) == (0, "")
    assert "epoch 1: dev accuracy" in out
    assert f"The run is in {run}. Next:" in out
    written = TrainConfig.from_toml(run / "config.toml")
    assert (written.epochs, written.batch_size, written.output) == (1, 8, str(run))


@pytest.mark.any_backend  # test_evaluate_predict.py tests the verbs on each backend
@pytest.mark.keras
@pytest.mark.usefixtures("one_backend")
def test_evaluate_predict(tiny_model, reviews, tmp_path):
    run = RunDirectory.create(tmp_path / "run")
    run.update(status="finished", text_pairs=False)
    tiny_model().save_to(run.model_folder)
    status, out, err = kbert("evaluate", run.path, reviews, "--json")
    assert status == 0
    assert json.loads(out)["rows"] == 106
    assert "Traceback" not in err

    texts = ["Short.", "It is a rather long sentence, of more words.", "", "Schön"]
    data = "\n".join(text for text in texts if text).encode()
    status, out, err = kbert("predict", run.path, "-", "--batch-size", 2, stdin=data)
    assert (status, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert [row["text"] for row in rows] == [text for text in texts if text]
    assert {row["label"] for row in rows} <= {"bad", "good"}


def _wait_for_line(process, start):
    """Read lines until one begins with `start`; fail if the process ends or after five minutes."""
    deadline = time.monotonic() + 300
    seen = []
    while time.monotonic() < deadline:
        line = process.stdout.readline()
        if not line:
            break
        seen.append(line)
        if line.startswith(start):
            return
    raise AssertionError(f"no line began with {start!r}: {''.join(seen)}")


@pytest.mark.any_backend  # tests/faults stops runs on each backend
@pytest.mark.keras
@pytest.mark.usefixtures("heard_signals", "one_backend")
@pytest.mark.parametrize(
    ("number", "status", "start", "left"),
    [
        (
            signal.SIGINT,
            130,
            "epoch 2: dev",  # by then the run contains the model of epoch 1
            "; {run} contains the best model so far; "
            "KBERT resume {run} resumes from the last checkpoint.",
        ),
        (
            signal.SIGTERM,
            143,
            "Loading",
            "; nothing was trained yet, and no run is left behind: start it again as before.",
        ),
        (
            signal.SIGHUP,
            129,
            "epoch 2: dev",
            "; {run} contains the best model so far; "
            "KBERT resume {run} resumes from the last checkpoint.",
        ),
    ],
    ids=["interrupted-in-training", "terminated-while-loading", "connection-dropped"],
)
def test_stops_without_a_traceback(settings, tmp_path, number, status, start, left):
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    # Many epochs, so that the run is not over before the signal arrives.
    arguments = ["train", "--config", str(settings), "--epochs", "500"]
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            _wait_for_line(process, start)
            process.send_signal(number)
            _, err = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == status
    run = tmp_path / "first"
    program = r"\S+ -m kbert"
    heard = r"(Stopping after this step; [^\n]*\n)?"  # if the signal arrived during a step
    assert re.fullmatch(
        f"{heard}kbert: stopped{re.escape(left.format(run=run))}\n".replace("KBERT", program), err
    )
    if run.exists():
        assert json.loads((run / "run.json").read_text())["status"] == "stopped"
    assert run.exists() == ("{run}" in left)


def test_a_missing_package_is_named(tmp_path, monkeypatch, capsys):
    (tmp_path / "good.csv").write_text("text,label\n" + "A joy.,good\nA mess.,bad\n" * 20)
    (tmp_path / "rows.parquet").touch()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SystemExit) as end:
        main(["inspect", str(tmp_path / "rows.parquet")])
    assert end.value.code == 2
    assert "kbert: The package pyarrow is not installed" in capsys.readouterr().err


def test_the_train_extra_installs_what_training_needs():
    import tomllib

    text = Path(__file__).parents[2].joinpath("pyproject.toml").read_text(encoding="utf-8")
    extra = tomllib.loads(text)["project"]["optional-dependencies"]["train"]
    names = {re.split(r"[<>=]", line)[0].replace("-", "_") for line in extra}
    assert names - {"scikit_learn"} == TRAIN_PACKAGES
