"""What the head of a new run reads if its settings do not say."""

import json
import shutil
from dataclasses import replace

import pytest

from kbert import InputError, TrainConfig, continue_training, find_source, train
from kbert.runs.run_config import recorded_config
from tests.tiny_config import tiny_config

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]
SHORT = {"epochs": 1, "max_length": 16, "report": False, "baseline": "none"}


@pytest.fixture(scope="module")
def encoder(tiny_preset, tmp_path_factory):
    """The folder of a sentence encoder."""
    folder = tmp_path_factory.mktemp("presets") / "encoder"
    shutil.copytree(tiny_preset, folder)
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": "mean"}))
    return folder


@pytest.fixture(scope="module")
def run(encoder, reviews, tmp_path_factory):
    """A run that starts from a sentence encoder."""
    return train(tiny_config(reviews, encoder, tmp_path_factory.mktemp("runs") / "run", **SHORT))


def test_a_sentence_encoder_is_read_as_it_was_trained(run):
    assert recorded_config(run).pooling == "mean"
    assert find_source(run.path).pooling() == "mean"


def test_its_head_starts_as_a_linear_model_and_this_is_reported(run, reviews, tmp_path, capsys):
    config = tiny_config(reviews, run.path, tmp_path / "run", **SHORT)
    own = train(replace(config, weights="pretrained"))
    assert recorded_config(own).head == "linear"
    assert "The head begins as a linear model of 95 rows, fitted in" in capsys.readouterr().out
    child = continue_training(own.path, tmp_path / "child", epochs=1, allow=("too-few-updates",))
    assert recorded_config(child).head == "linear"  # like its parent's
    assert "linear model" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "settings", [{"recipe": "google"}, {"head": "new"}, {"weights": "random"}], ids=str
)
def test_other_settings_start_the_head_with_new_weights(settings, run, reviews, tmp_path, capsys):
    config = tiny_config(reviews, run.path, tmp_path / "run", **SHORT)
    own = train(replace(config, **{"weights": "pretrained", **settings}))
    assert recorded_config(own).head == "new"
    assert "linear model" not in capsys.readouterr().out


def test_a_linear_head_is_refused_for_random_weights(encoder, reviews, tmp_path):
    config = tiny_config(reviews, encoder, tmp_path / "run", **SHORT, head="linear")
    with pytest.raises(InputError, match="`head` is for pretrained weights, but `?weights"):
        train(config)


@pytest.mark.parametrize("settings", [{"recipe": "google"}, {"pooling": "cls"}])
def test_googles_recipe_and_a_given_pooling_override_the_encoder(
    settings, encoder, reviews, tmp_path
):
    run = train(tiny_config(reviews, encoder, tmp_path / "run", **SHORT, **settings))
    assert recorded_config(run).pooling == find_source(run.path).pooling() == "cls"


def test_the_head_of_a_plain_bert_reads_cls(reviews, tiny_preset, tmp_path, capsys):
    run = train(tiny_config(reviews, tiny_preset, tmp_path / "run", **SHORT))
    assert recorded_config(run).pooling == find_source(run.path).pooling() == "cls"
    assert "mean of the tokens" not in capsys.readouterr().out


def test_the_choice_is_reported(encoder, reviews, tmp_path, capsys):
    train(tiny_config(reviews, encoder, tmp_path / "run", **SHORT))
    told = f"The head reads the mean of the tokens, with which {encoder} was trained. For [CLS]: "
    assert told in " ".join(capsys.readouterr().out.split())


def test_a_child_reads_what_its_parent_does(run, reviews, tmp_path):
    child = train(
        TrainConfig(
            data=str(reviews),
            output=str(tmp_path / "child"),
            parent=str(run.path),
            allow=("too-few-updates",),
            batch_size=16,
            **SHORT,
        )
    )
    assert recorded_config(child).pooling == find_source(child.path).pooling() == "mean"


def test_a_run_from_before_the_setting_reads_cls(run):
    file = run.path / "config.toml"
    written = file.read_text()
    later = ("pooling", "head")
    file.write_text("".join(x for x in written.splitlines(True) if not x.startswith(later)))
    try:
        assert recorded_config(run).pooling == "cls"
        assert recorded_config(run).head == "new"
    finally:
        file.write_text(written)
