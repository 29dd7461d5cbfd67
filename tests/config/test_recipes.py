from typing import get_args

import pytest

from kbert import InputError, PretrainConfig, TrainConfig
from kbert.choices import Recipe
from kbert.cli.app import app
from kbert.cli.main import main
from kbert.cli.options import given
from kbert.config.recipes import RECIPES, of_recipe, with_recipe
from kbert.runs.changed_settings import changed_settings

NAMED = {name: settings for name, settings in RECIPES.items() if settings}


def values(config, names):
    return {name: getattr(config, name) for name in names}


def test_each_name_is_a_recipe():
    assert [*RECIPES] == [*get_args(Recipe)]


def test_the_recommended_settings_are_the_defaults():
    assert TrainConfig("reviews.csv") == TrainConfig("reviews.csv", recipe="recommended")


@pytest.mark.parametrize("name", NAMED)
def test_a_recipe_fills_in_settings_that_are_not_given(name):
    config = TrainConfig("reviews.csv", recipe=name)
    assert values(config, NAMED[name]) == NAMED[name]
    # None would be left out of a file, and filled in again.
    assert all(value is not None for value in NAMED[name].values())


@pytest.mark.parametrize("name", NAMED)
def test_given_settings_are_kept(name):
    given = values(TrainConfig("reviews.csv"), NAMED[name])
    config = TrainConfig("reviews.csv", recipe=name, **given)
    assert values(config, given) == given
    assert config.recipe == name


@pytest.mark.parametrize("name", RECIPES)
def test_a_file_keeps_the_recipe(name, tmp_path):
    config = TrainConfig("reviews.csv", recipe=name, epochs=7)
    file = tmp_path / "config.toml"
    file.write_text(config.to_toml())
    assert TrainConfig.from_toml(file) == config


def test_batch_size_per_device_replaces_the_recipe_s_batch_size():
    assert "batch_size" in NAMED["few-shot"]
    config = TrainConfig("reviews.csv", recipe="few-shot", batch_size_per_device=4)
    assert config.batch_size == TrainConfig.batch_size


@pytest.mark.parametrize("rows", [64, 384, 616])
def test_few_rows_cause_no_warnings(capsys, rows):
    plan = plan_of(capsys, "--recipe", "few-shot", rows=rows)
    assert "WARNING" not in plan
    assert "ERROR" not in plan


def test_lora_does_not_use_the_rate_of_a_recipe(capsys):
    assert "learning_rate" in NAMED["fast"]
    config = TrainConfig("reviews.csv", recipe="fast", lora_rank=4)
    assert config.learning_rate == TrainConfig.learning_rate
    plan = plan_of(capsys, "--recipe", "fast", "--lora-rank", "4")
    assert "LoRA of rank 4" in plan
    assert "is far below the 1e-4 to 1e-2 that train LoRA" in plan


@pytest.mark.parametrize("name", RECIPES)
def test_only_google_has_another_plan(name):
    plan = TrainConfig("reviews.csv", recipe=name).plan(100)
    assert plan.recipe == ("google" if name == "google" else "recommended")


def test_another_recipe_replaces_the_settings_of_the_first():
    few = vars(TrainConfig("reviews.csv", recipe="few-shot", epochs=7, max_length=64))
    kept = TrainConfig(**with_recipe(few, "recommended"))
    assert kept == TrainConfig("reviews.csv", epochs=7, max_length=64)
    changed = changed_settings(few, {"recipe": "fast", "batch_size": 8})
    fast = TrainConfig("reviews.csv", recipe="fast", batch_size=8, max_length=64)
    assert TrainConfig(**changed) == fast


def test_an_unknown_recipe_is_refused():
    assert of_recipe("fats") == of_recipe(None) == {}
    with pytest.raises(InputError, match="Received: 'fats'. Did you mean 'fast'?"):
        TrainConfig("reviews.csv", recipe="fats")
    with pytest.raises(InputError, match="`recipe` must be one of recommended, google"):
        PretrainConfig("texts.txt", recipe="fast")


def plan_of(capsys, *arguments, rows=10_000):
    assert main_status(["plan", "--examples", str(rows), *arguments]) == 0
    return capsys.readouterr().out


def main_status(arguments):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    return stop.value.code


def test_the_command_line_uses_and_shows_the_recipe(capsys):
    plan = plan_of(capsys, "--recipe", "few-shot", "--epochs", "2")
    assert "Training plan (few-shot recipe)" in plan
    assert "of the recipe: --batch-size" in plan
    assert "  2 epochs:" in plan
    assert "of the recipe" not in plan_of(capsys)


def test_a_file_may_name_a_recipe_and_a_flag_overrides_it(tmp_path):
    file = tmp_path / "few.toml"
    file.write_text('recipe = "few-shot"\nepochs = 2\nlearning_rate = 3e-5\n')

    def settings(*flags):
        _, bound, _ = app.parse_args(["train", "a.csv", "--config", str(file), *flags])
        return TrainConfig("a.csv", **given(bound.arguments["settings"]))

    few = TrainConfig("a.csv", recipe="few-shot", epochs=2, learning_rate=3e-5)
    assert settings() == few
    assert settings("--recipe", "fast").learning_rate == NAMED["fast"]["learning_rate"] != 3e-5
