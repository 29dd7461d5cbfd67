"""Settings that no run can have: one clear sentence, from TOML, Python and the command line."""

import json
import os

import numpy as np
import pytest

from kbert import (
    InputError,
    TrainConfig,
    TrainingPlan,
    epoch_order,
    find_source,
    import_model,
    inspect_examples,
    read_examples,
    recommend_shuffle_buffer,
    simulate_shuffle_buffer,
    train,
)
from kbert.cli.main import main
from kbert.config import read_toml
from kbert.exports.output import check_output
from kbert.interop.kbert_config import check_settings
from kbert.serving.predictor import Predictor

DATA = 'data = "data.csv"\n'
HUGE = "1" + "0" * 400
REFUSED = {
    "a NUL byte": (b'data = "a\0.csv"\n', "contains NUL characters; TOML is UTF-8"),
    "UTF-16": (DATA.encode("utf-16"), "contains NUL characters; TOML is UTF-8"),
    "UTF-16 without a mark": (DATA.encode("utf-16-le"), "contains NUL characters"),
    "Latin-1": ('# x\ndata = "ü.csv"\n'.encode("latin-1"), "line 2 has the byte 0xfc. Cure: save"),
    "an escaped NUL": (rb'data = "a\u0000.csv"', "--data contains a NUL character"),
    "a NUL in a list": (DATA + r'allow = ["a\u0000"]', "--allow contains a NUL character"),
    "a NUL in a key": (rb'"a\u0000" = 1', "there is no setting 'a"),
    "thousands of parts": ("a." * 2000 + "a = 1", "there is no setting 'a'"),
    "too many parts": ("a." * 4000 + "a = 1", "is not a TOML file of settings"),
    "nested lists": ("x = " + "[" * 2000 + "]" * 2000, "is not TOML: maximum recursion"),
    "many tables": ("".join(f"[a{n}.b]\n" for n in range(4000)), "there is no setting 'a0'"),
    "10^18 epochs": (DATA + "epochs = 1000000000000000000", "--epochs must be at most"),
    "10^400 epochs": (DATA + f"epochs = {HUGE}", "--epochs must be at most 1,000,000,000. Rec"),
    "10^18 rows a batch": (DATA + "batch_size = 1000000000000000000", "--batch-size must be at"),
    "10^400 of a rate": (DATA + f"learning_rate = {HUGE}", "--learning-rate must be above 0"),
    "a rate that is NaN": (DATA + "learning_rate = nan", "--learning-rate must be above 0"),
    "an infinite rate": (DATA + "learning_rate = inf", "--learning-rate must be above 0"),
    "a negative share": (DATA + "dev_proportion = -0.1", "--dev-proportion must be from 0"),
    "a share that is NaN": (DATA + "dropout = nan", "--dropout must be from 0"),
    "minutes that are NaN": (DATA + "checkpoint_minutes = nan", "--checkpoint-minutes must be"),
    "a date": (DATA + "epochs = 1979-05-27T07:32:00Z", "--epochs must be a whole number"),
    "a time": (DATA + "text = 07:32:00", "--text must be a string"),
    "a table": ("[data]\nx = 1\n", "--data must be a string"),
    "a number in a list": (DATA + "allow = [1]", "--allow must be a list of strings"),
    "a list in a list": (DATA + 'allow = [["a"]]', "--allow must be a list of strings"),
    "an empty output": (DATA + 'output = ""', "--output must not be empty"),
    "an empty preset": (DATA + 'preset = ""', "--preset must not be empty"),
    "the present folder": (DATA + 'output = "."', ". already exists; kbert never overwrites"),
    "a codec of domains": (DATA + 'encoding = "idna"', "--encoding must be one that Python knows"),
    "a codec of bytes": (DATA + 'encoding = "zip"', "--encoding must be one that Python knows"),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    rows = [f"A joy {n}.,good\nA mess {n}.,bad\n" for n in range(40)]
    (tmp_path / "data.csv").write_text("text,label\n" + "".join(rows))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", REFUSED)
def test_odd_toml_is_refused_in_one_line(name, folder, capsys):
    content, message = REFUSED[name]
    content = content.encode() if isinstance(content, str) else content
    (folder / "all.toml").write_bytes(content)
    with pytest.raises(SystemExit) as end:
        main(["train", "--config", "all.toml"])
    err = capsys.readouterr().err
    assert message in err
    assert (end.value.code, err.count("\n"), err.startswith("kbert: ")) == (2, 1, True)
    assert sorted(path.name for path in folder.iterdir()) == ["all.toml", "data.csv"]


def test_a_byte_order_mark_is_read(tmp_path):
    (tmp_path / "all.toml").write_bytes(b"\xef\xbb\xbf" + DATA.encode())
    assert read_toml(tmp_path / "all.toml", TrainConfig.hints()) == {"data": "data.csv"}


def test_more_steps_than_an_optimizer_counts_are_refused_with_a_cure():
    settings = {"examples": 10**9, "batch_size": 32}
    with pytest.raises(InputError) as refusal:
        TrainingPlan(epochs=10**9, **settings)
    epochs = refusal.value.cure.settings["epochs"]
    assert TrainingPlan(epochs=epochs, **settings).batches < 2**31  # the cure works
    with pytest.raises(InputError):
        TrainingPlan(epochs=epochs + 1, **settings)


WRONG = [0, -1, 1.5, True, "8", None, 10**18, 10**30]


@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_invalid_sizes_are_refused(value):
    labels = np.repeat([0, 1], 50)

    def never(*arguments):
        raise AssertionError("computed")

    predictor = Predictor(("bad", "good"), never)
    for call in (
        lambda: simulate_shuffle_buffer(labels, 10, value),
        lambda: simulate_shuffle_buffer(labels, value, 10),
        lambda: recommend_shuffle_buffer(labels, value),
        lambda: epoch_order(0, 0, np.array([3, 9, 4, 8]), value),
        lambda: inspect_examples(read_examples((["a", "b"], ["x", "y"])), max_length=value),
        lambda: TrainConfig("data.csv", batch_size=value),
        lambda: TrainingPlan(examples=100, batch_size=value),
        lambda: TrainingPlan(examples=value),
        lambda: predictor.predict(["a"], batch_size=value),
        lambda: predictor.predict_proba([], None, value),
    ):
        with pytest.raises(InputError, match=r"must be (a whole number|at most)"):
            call()


BAD_NAME = os.fsdecode(b"name\xff")


@pytest.mark.skipif(os.name == "nt", reason="names there are no bytes")
def test_a_name_that_is_not_utf_8_is_read_where_possible(folder, capsys):
    (folder / f"{BAD_NAME}.csv").write_bytes((folder / "data.csv").read_bytes())
    for command in ("inspect", "plan"):
        with pytest.raises(SystemExit):
            main([command, f"{BAD_NAME}.csv", "--json"])
        out, err = capsys.readouterr()
        assert (err, json.loads(out)["findings"] is None) == ("", False)
    with pytest.raises(SystemExit):
        main(["inspect", f"{BAD_NAME}.csv"])
    assert "name\\udcff.csv: 80 rows" in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="names there are no bytes")
@pytest.mark.parametrize("name", ["data", "output", "preset", "dev", "text"])
def test_a_run_refuses_names_that_are_not_utf_8(name, folder):
    settings = {"data": "data.csv", "output": "new", name: BAD_NAME}
    with pytest.raises(InputError, match=f"`{name}` is a name that is not UTF-8"):
        train(TrainConfig(**settings))
    assert not (folder / "new").exists()


def test_names_of_models_and_outputs_must_be_utf_8(folder):
    for call in (
        lambda: find_source(BAD_NAME),
        lambda: import_model("minilm", BAD_NAME),
        lambda: check_output(folder / BAD_NAME),
    ):
        with pytest.raises(InputError, match="is a name that is not UTF-8"):
            call()


@pytest.mark.parametrize("name", ["a/b", 3, ["a"]], ids=repr)
def test_names_of_models_must_be_valid_in_keras(name):
    sizes = {"vocabulary_size": 9, "num_layers": 1, "num_heads": 2, "hidden_dim": 32}
    settings = {
        **{"labels": ["bad", "good"], "max_length": 16, "name": "model"},
        "backbone": {**sizes, "intermediate_dim": 64},
    }
    check_settings(settings, "config.json")
    message = "the name of a model must be" if isinstance(name, str) else "name must be a string"
    with pytest.raises(InputError, match=message):
        check_settings({**settings, "name": name}, "config.json")
