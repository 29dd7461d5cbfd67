"""The commands shown at the end of a run: pasted, they read a file like the run's."""

import shlex

import pytest

from kbert import TrainConfig
from kbert.cli.main import app
from kbert.cli.options import reading
from kbert.cli.show_next import show_next
from kbert.cli.words import FlagWords
from kbert.findings import speaking
from kbert.runs.run_directory import RunDirectory


def commands(capsys, run):
    """The commands to paste: the words after the program's name, without the comment."""
    with speaking(FlagWords()):
        show_next(run)
    lines = capsys.readouterr().out.partition("Next:\n")[2].splitlines()
    split = [shlex.split(line.rpartition("| ")[2], comments=True) for line in lines]
    return [words[words.index("kbert") + 1 :] for words in split]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A function that creates a run with some settings, in a folder with a difficult name."""
    monkeypatch.chdir(tmp_path)

    def make(path="-my rüns/it's", *, pairs=False, **settings):
        run = RunDirectory.create(path)
        run.write_config(TrainConfig(**{"data": "data.csv", **settings}).to_toml())
        run.update(text_pairs=pairs)
        return run

    return make


def parsed(words):
    """The model, the data and the reading options, as parsed."""
    _, bound, _ = app.parse_args(words)
    settings = bound.kwargs.get("settings")
    return str(bound.args[0]), bound.args[1:], settings


READING = {
    **{"text": "Der Text", "label": "Note", "encoding": "cp1252", "delimiter": ";"},
    **{"quoting": "standard", "format": "csv"},
}


def test_the_columns_of_the_run_are_named(run, capsys):
    typed, predict, evaluate = commands(capsys, run(**READING))
    assert parsed(typed) == ("-my rüns/it's", (), None)
    model, data, settings = parsed(predict)
    assert (model, data) == ("-my rüns/it's", ("FILE",))
    found = {name: getattr(settings, name) for name in READING if name != "label"}
    assert found == {name: value for name, value in READING.items() if name != "label"}
    model, data, settings = parsed(evaluate)
    assert (model, data) == ("-my rüns/it's", ("FILE",))
    assert {name: getattr(settings, name) for name in READING} == READING


def test_pairs_have_no_command_for_typed_texts(run, capsys, tmp_path):
    predict, evaluate = commands(capsys, run(pairs=True, text="a", pair="b", header=True))
    assert (parsed(predict)[2].text, parsed(predict)[2].pair) == ("a", "b")
    assert (parsed(evaluate)[2].text, parsed(evaluate)[2].pair) == ("a", "b")


@pytest.mark.parametrize("task", ["mrpc", "cola", "sst-2", "rte", "mnli"])
def test_the_files_of_a_task_are_read_by_column_position(task, run, capsys, tmp_path):
    lines = commands(capsys, run(task=task, data="glue", pairs=task not in ("cola", "sst-2")))
    settings = parsed(lines[-1])[2]
    options = reading(settings)
    # A row of GLUE's dev file, with columns that hold their own positions.
    cells = [f"cell {n}" for n in range(12)]
    header = [f"column {n}" for n in range(11)] + ["gold_label"]
    rows = [] if task == "cola" else [header]
    rows += [[*cells[:-1], "x"] for _ in range(2)]
    if task != "mnli":
        position = int(options.label)
        for n, row in enumerate(rows[-2:]):
            row[position] = str(n)
    else:
        rows[-1][-1] = "y"
    file = tmp_path / "dev.tsv"
    file.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    found = options.read(str(file))
    assert len(found) == 2
    expected = {"mrpc": (3, 4), "cola": (3, None), "sst-2": (0, None), "rte": (1, 2)}
    text, pair = expected.get(task, (8, 9))
    assert found.texts[0] == f"cell {text}"
    assert (found.pairs is None) == (pair is None)
    assert pair is None or found.pairs[0] == f"cell {pair}"


def test_commands_skip_bad_rows_if_the_run_skipped_some(run, capsys):
    skipping = run(on_bad_row="skip")
    assert all(settings is None for *_, settings in map(parsed, commands(capsys, skipping)))
    (skipping.path / "skipped_rows.csv").write_text("row\n")
    typed, predict, evaluate = commands(capsys, skipping)
    assert parsed(typed)[2] is None
    assert [parsed(words)[2].on_bad_row for words in (predict, evaluate)] == ["skip", "skip"]
