"""A run remembers the names of the columns it was trained with."""

import pytest

from kbert import InputError, TrainConfig, read_examples
from kbert.cli.run_columns import with_run_columns
from kbert.data.reading.reading_options import ReadingOptions
from kbert.runs.run_directory import RunDirectory
from kbert.targets.labels import Labels
from kbert.targets.multi import Multi
from kbert.targets.regression import Regression
from kbert.targets.soft import Soft


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A run with named columns, and files with these, with others and with common ones."""
    monkeypatch.chdir(tmp_path)
    rows = "\nIt was a joy.,9,good\nIt was a mess.,1,bad\n"
    for name, header in (("own", "story,n,kind"), ("other", "a,b,c"), ("common", "text,n,label")):
        (tmp_path / f"{name}.csv").write_text(header + rows, encoding="utf-8")
    (tmp_path / "half.csv").write_text("story,n,c" + rows, encoding="utf-8")
    run = RunDirectory.create("run")
    run.write_config(TrainConfig("train.csv", text="story", label="kind").to_toml())
    return run.path


def columns(options):
    return options.text, options.pair, options.label


def test_the_columns_of_the_run_are_used_and_reported(files, capsys):
    found = with_run_columns(files, "own.csv", ReadingOptions(), need_label=True)
    assert columns(found) == ("story", None, "kind")
    err = capsys.readouterr().err
    assert err == "The columns are those of the run: text = 'story', label = 'kind'\n"
    examples = found.read("own.csv")
    assert examples.labels.names == ("bad", "good")


def test_texts_alone(files, capsys):
    found = with_run_columns(files, "own.csv", ReadingOptions(), need_label=False)
    assert columns(found) == ("story", None, None)
    assert "label" not in capsys.readouterr().err


def test_named_columns_come_first(files, capsys):
    options = ReadingOptions(text="0", label="kind")
    assert with_run_columns(files, "own.csv", options, need_label=True) == options
    assert capsys.readouterr().err == ""


def test_common_names_are_used_if_the_run_s_are_missing(files, capsys):
    found = with_run_columns(files, "common.csv", ReadingOptions(), need_label=True)
    assert columns(found) == (None, None, None)
    assert capsys.readouterr().err == ""
    assert len(found.read("common.csv")) == 2


def test_a_file_with_neither_is_refused(files):
    with pytest.raises(InputError) as caught:
        with_run_columns(files, "other.csv", ReadingOptions(), need_label=True)
    assert "Its columns: 'a', 'b', 'c'." in str(caught.value)
    assert "The run was trained with text = 'story', label = 'kind'" in str(caught.value)
    assert caught.value.cure.settings == {"text": "NAME", "label": "NAME"}
    with pytest.raises(InputError, match="as the label.* trained with label = 'kind'"):
        with_run_columns(files, "half.csv", ReadingOptions(), need_label=True)


def test_pairs_go_together(files):
    run = RunDirectory.create("pairs")
    run.write_config(TrainConfig("train.csv", text="story", pair="n", label="kind").to_toml())
    found = with_run_columns(run.path, "own.csv", ReadingOptions(), need_label=True)
    assert columns(found) == ("story", "n", "kind")
    (files.parent / "single.csv").write_text("story,kind\na,x\n", encoding="utf-8")
    with pytest.raises(InputError, match="pair = 'n'"):
        with_run_columns(run.path, "single.csv", ReadingOptions(), need_label=True)


@pytest.mark.parametrize("settings", ["", "text = 3\n", "\0"])
def test_a_model_without_readable_settings(settings, files):
    (files / "config.toml").write_text(settings, encoding="utf-8")
    options = ReadingOptions()
    assert with_run_columns(files, "own.csv", options, need_label=True) == options


@pytest.fixture
def targets(tmp_path, monkeypatch):
    """Files for the other targets, each with its own column names."""
    monkeypatch.chdir(tmp_path)
    rows = {
        "several": "story,kinds\nIt was a joy.,a;b\nIt was a mess.,\n",
        "columns": "story,a,b\nIt was a joy.,1,0\nIt was a mess.,0.25,0.75\n",
    }
    for name, text in rows.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def _read(run, data, target, labels=("a", "b")):
    """Return the examples as `kbert evaluate` reads them, which knows the model's target."""
    options = with_run_columns(
        run, data, ReadingOptions(), need_label=True, target=target, labels=labels
    )
    return options.read(data, labels=Labels(labels), target=target)


def test_several_labels_in_one_column(targets):
    run = RunDirectory.create("run")
    settings = {"text": "story", "label": "kinds", "label_separator": ";"}
    run.write_config(TrainConfig("several.csv", **settings).to_toml())
    assert _read(run.path, "several.csv", Multi(";")).y.tolist() == [[1, 1], [0, 0]]


@pytest.mark.parametrize("target", [Soft(), Regression()])
def test_several_label_columns(target, targets, capsys):
    run = RunDirectory.create("run")
    settings = {"text": "story", "label": "a,b", "target": target.kind}
    run.write_config(TrainConfig("columns.csv", **settings).to_toml())
    assert _read(run.path, "columns.csv", target).y.tolist() == [[1, 0], [0.25, 0.75]]
    assert "of the run: text = 'story', label = 'a,b'" in capsys.readouterr().err


def test_a_model_s_labels_name_the_columns_of_its_numbers(targets, capsys):
    data = targets / "text.csv"
    data.write_text("text,b,a\nIt was a joy.,0,1\nIt was a mess.,0.75,0.25\n", encoding="utf-8")
    assert _read(targets, str(data), Regression()).y.tolist() == [[1, 0], [0.25, 0.75]]
    assert capsys.readouterr().err == "The columns are those of the model: label = ['a', 'b']\n"


def test_a_single_number_may_be_in_another_column(targets):
    source = {"text": ["a", "b"], "stars": [1, 2.5]}
    found = read_examples(source, label="stars", target=Regression(), labels=("score",))
    assert found.y.tolist() == [[1], [2.5]]
    with pytest.raises(InputError, match="those of the training set were 'score', 'price'"):
        read_examples(source, label="stars", target=Regression(), labels=("score", "price"))
