"""The same error has the same exit status in every verb; docs/checkpoints.md has the table."""

import errno
import os
import pathlib
from pathlib import Path

import pytest

from kbert import InputError, MachineError, read_examples
from kbert.cli.main import main
from kbert.models.import_model import import_model
from kbert.runs.run_directory import RunDirectory
from kbert.utils.file_errors import writing
from kbert.utils.staging import publishing

MACHINE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO)
PATH = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EILSEQ)


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.csv"
    rows = [f"A joy {n}.,good\nA mess {n}.,bad\n" for n in range(40)]
    path.write_text("text,label\n" + "".join(rows))
    return path


def kbert(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main(list(map(str, arguments)))
    return end.value.code or 0, capsys.readouterr().err


def failing(number):
    def fail(*arguments, **settings):
        raise OSError(number, os.strerror(number))

    return fail


def export_into(path):
    with publishing(path):
        pass


def predict_into(path):
    with publishing(path) as new, writing(path):
        new.write_text("row\n")


WRITERS = {
    "train, continue": RunDirectory.create,
    "export, import": export_into,
    "predict": predict_into,
}


@pytest.mark.parametrize("number", [*MACHINE, *PATH], ids=errno.errorcode.get)
@pytest.mark.parametrize("verbs", WRITERS)
def test_an_output_that_cannot_be_written(verbs, number, tmp_path, monkeypatch):
    monkeypatch.setattr(pathlib.Path, "mkdir", failing(number))
    expected = MachineError if number in MACHINE else InputError
    with pytest.raises(expected, match=os.strerror(number)):
        WRITERS[verbs](tmp_path / "new" / "run")


@pytest.mark.parametrize("number", [*MACHINE, *PATH], ids=errno.errorcode.get)
def test_an_import_that_cannot_be_written(number, tiny_google, tmp_path, monkeypatch):
    monkeypatch.setattr("kbert.models.import_model.publishing", failing(number))
    expected = MachineError if number in MACHINE else InputError
    with pytest.raises(expected, match=os.strerror(number)):
        import_model(tiny_google, tmp_path / "new", verbose=0)


@pytest.fixture
def tiny_google(monkeypatch):
    """A source without a head, whose weights are never read."""

    class Data:
        kind, notes, classes = "a release", (), 0

    class Source:
        def findings(self):
            return []

        def read(self):
            return Data()

    monkeypatch.setattr("kbert.models.import_model.find_source", lambda *a, **k: Source())
    monkeypatch.setattr("kbert.models.import_model._check_vocabulary", lambda data: None)
    return "release"


@pytest.mark.parametrize("number", [*MACHINE, *PATH], ids=errno.errorcode.get)
@pytest.mark.parametrize("verb", ["inspect", "plan"])
def test_a_plot_that_cannot_be_written(verb, number, data, tmp_path, monkeypatch, capsys):
    kbert(capsys, verb, data, "--plot", tmp_path / "first.png")  # imports what it needs
    from matplotlib.figure import Figure

    monkeypatch.setattr(Figure, "savefig", failing(number))
    status, err = kbert(capsys, verb, data, "--plot", tmp_path / "plot.png")
    assert (status, err.count("\n")) == (1 if number in MACHINE else 2, 1)
    assert os.strerror(number) in err


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO], ids=errno.errorcode.get)
@pytest.mark.parametrize(
    "arguments",
    [["inspect"], ["plan"], ["train"], ["train", "--config"], ["plan", "--google-flags="]],
    ids=" ".join,
)
def test_unreadable_data_is_a_machine_error(arguments, number, data, monkeypatch, capsys, tmp_path):
    original = pathlib.Path.open

    def may_not(path, *more, **settings):
        if path == data:
            failing(number)()
        return original(path, *more, **settings)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pathlib.Path, "open", may_not)
    if arguments[-1] == "--config":
        (tmp_path / "all.toml").write_text(f"data = {str(data)!r}\n")
        command = [*arguments, tmp_path / "all.toml"]
    else:
        command = [arguments[0], data, *arguments[1:]]
    status, err = kbert(capsys, *command)
    assert status == 1
    refusal, _, cure = err.partition(" Cure: ")
    assert refusal.rstrip() == f"kbert: {data} cannot be read: {os.strerror(number)}."
    assert ("permission to read it" in cure) == (number == errno.EACCES)
    with pytest.raises(MachineError):
        read_examples(data)


LONG = "a" * 300


@pytest.mark.parametrize(
    "command",
    [
        ["train", "data.csv", "--output", LONG],
        ["train", LONG],
        ["train", "--config", LONG],
        ["inspect", LONG],
        ["inspect", "data.csv", "--dev", LONG],
        ["inspect", "data.csv", "--preset", LONG],
        ["plan", LONG],
        ["plan", "data.csv", "--plot", f"{LONG}.png"],
        ["predict", LONG, "data.csv"],
        ["evaluate", LONG, "data.csv"],
        ["resume", LONG],
        ["continue", LONG],
        ["import", LONG, "--output", "new"],
        ["import", "minilm", "--output", LONG],
        ["export", LONG, "--format", "onnx", "--output", "new"],
        ["export", "data.csv", "--format", "onnx", "--output", LONG],
    ],
    ids=lambda command: " ".join(command).replace(LONG, "LONG"),
)
def test_a_name_that_is_too_long(command, data, monkeypatch, capsys):
    monkeypatch.chdir(data.parent)
    before = sorted(data.parent.iterdir())
    status, err = kbert(capsys, *command)
    lines = err.splitlines()
    assert (status, lines[-1][:7]) == (2, "kbert: ")
    assert "Traceback" not in err
    assert sorted(data.parent.iterdir()) == before


def test_a_path_below_a_file(data, monkeypatch, capsys):
    monkeypatch.chdir(data.parent)
    for command in (
        ["train", "data.csv", "--output", "data.csv/run"],
        ["export", "data.csv", "--format", "onnx", "--output", "data.csv/x"],
        ["plan", "data.csv", "--plot", "data.csv/x.png"],
    ):
        status, err = kbert(capsys, *command)
        assert (status, "Traceback" in err) == (2, False)
        assert Path("data.csv").is_file()


@pytest.mark.parametrize("verb", [["plan", "--examples", "900"], ["resume", "/run"]], ids=" ".join)
def test_a_deleted_current_folder(verb, tmp_path, monkeypatch, capsys):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert kbert(capsys, *verb) == (
        2,
        "kbert: The folder in which kbert was started does not exist any more. Cure: change to "
        "another, with cd\n",
    )
    monkeypatch.chdir(tmp_path)
