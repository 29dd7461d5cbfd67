import pytest

from kbert import InputError, TrainConfig
from kbert.config import LossOptions


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"label_smoothing": 1.0}, "label_smoothing. must be from 0 to below 1"),
        ({"focal_gamma": -1.0, "loss": "focal"}, "focal_gamma. must be 0 or more"),
        ({"focal_gamma": 1.0}, "focal_gamma. belongs to"),
    ],
)
def test_invalid_settings_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        LossOptions(**settings)


def test_an_unknown_loss_suggests_the_closest_one():
    with pytest.raises(InputError, match="Did you mean 'focal'"):
        TrainConfig("a.csv", loss="fokal")


def test_the_settings_survive_toml(tmp_path):
    config = TrainConfig("a.csv", loss="focal", focal_gamma=1.5, class_weight="a=2,b=1")
    path = tmp_path / "config.toml"
    path.write_text(config.to_toml())
    assert TrainConfig.from_toml(path) == config
