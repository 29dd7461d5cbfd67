"""The settings of a pretraining run."""

import pytest

from kbert import InputError
from kbert.config.pretrain_config import UNUSED, PretrainConfig


def test_toml_round_trip(tmp_path):
    config = PretrainConfig("texts.txt", epochs=4, dev_proportion=0.1, allow=("too-few-updates",))
    path = tmp_path / "config.toml"
    path.write_text(config.to_toml(), encoding="utf-8")
    assert PretrainConfig.from_toml(path) == config
    assert not set(UNUSED) & set(config.to_toml().replace("=", " ").split())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"label": "label"}, "`label` is for labelled texts"),
        ({"dropout": 0.2}, "`dropout` is for labelled texts"),
        ({"max_windows": 2}, "`max_windows` does not apply: in pretraining each window"),
        ({"pool": "max"}, "`pool` does not apply"),
        ({"dev_proportion": 0.0, "patience": 2}, "`patience` needs texts"),
        ({"dev_proportion": 0.0, "evaluate_every": 2}, "`evaluate_every` needs texts"),
        ({"dev_proportion": 2.0}, "dev_proportion"),
        ({"dev": ""}, "`dev` must not be empty"),
        ({"epochs": "3"}, "epochs"),
    ],
)
def test_invalid_settings_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        PretrainConfig("texts.txt", **settings)


def test_a_file_without_data_is_refused(tmp_path):
    (tmp_path / "config.toml").write_text("epochs = 2\n", encoding="utf-8")
    with pytest.raises(InputError, match="names no data"):
        PretrainConfig.from_toml(tmp_path / "config.toml")
