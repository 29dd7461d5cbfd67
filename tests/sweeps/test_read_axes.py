"""Values in lists and ranges, and which settings take them."""

import pytest

from kbert import InputError, TrainConfig
from kbert.cli.words import FlagWords
from kbert.findings import speaking
from kbert.sweeps.read_axes import read_axes, takes_values


def test_lists_have_the_types_of_their_settings():
    single, axes = read_axes(
        {
            "epochs": "2",
            "learning_rate": "2e-5, 1",
            "batch_size": "16,auto",
            "long_text": "head,tail",
            "preset": "minilm,./other",
        }
    )
    assert single == {"epochs": 2}
    found = {name: axis.values for name, axis in axes.items()}
    assert found == {
        "learning_rate": (2e-5, 1.0),
        "batch_size": (16, "auto"),
        "long_text": ("head", "tail"),
        "preset": ("minilm", "./other"),
    }
    assert isinstance(axes["learning_rate"].values[1], float)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("learning_rate", "1e-5:1e-4", (1e-5, 1e-4, True)),
        ("learning_rate", "2e-5:5e-5", (2e-5, 5e-5, False)),
        ("learning_rate", "2e-5:5e-5:log", (2e-5, 5e-5, True)),
        ("learning_rate", "1e-5:1e-4:linear", (1e-5, 1e-4, False)),
        ("dropout", "0:0.3", (0.0, 0.3, False)),
        ("epochs", "2:5", (2, 5, False)),
    ],
)
def test_ranges_of_a_factor_of_ten_are_logarithmic(name, text, expected):
    axis = read_axes({name: text})[1][name]
    assert (axis.low, axis.high, axis.by_logarithm) == expected
    drawn = axis.distribution()
    assert (drawn.low, drawn.high, drawn.log) == expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("learning_rate", "", "--learning-rate has an empty value. Received: ''"),
        ("learning_rate", "1e-5,,1e-4", "--learning-rate has an empty value"),
        ("learning_rate", "1e-4,0.0001", "--learning-rate lists 0.0001 twice"),
        ("learning_rate", "1e-4,fast", "--learning-rate must be a number. Received: 'fast'"),
        ("epochs", "2,2.5", "--epochs must be a whole number. Received: 2.5"),
        ("long_text", "head,tial", "Received: 'tial'. Did you mean 'tail'?"),
        ("learning_rate", "1e-4:1e-5", "--learning-rate is LOW:HIGH, LOW:HIGH:log or"),
        ("learning_rate", "1e-5:1e-4:fast", "LOW:HIGH:linear, with LOW below HIGH. Received"),
        ("dropout", "0:0.3:log", "A logarithmic range must begin above 0"),
        ("seed", "1,2,3", "All runs of a sweep have the same --seed. .* Cure: --seeds 3"),
        ("recipe", "fast,best", "train a run of each and compare them by .*compare RUN RUN2"),
        ("monitor", "loss,accuracy", "All runs of a sweep have the same --monitor"),
    ],
)
def test_refusals(name, text, message):
    with speaking(FlagWords()), pytest.raises(InputError, match=message):
        read_axes({name: text})


def test_all_kinds_of_settings_but_those_of_files_can_be_listed():
    found = {name for name in TrainConfig.hints() if takes_values(name)}
    assert {"learning_rate", "epochs", "loss", "packing", "dropout", "preset"} <= found
    others = ("data", "text", "label", "format", "header", "split_seed", "folds", "output")
    assert found.isdisjoint(others)
    assert found.isdisjoint(("report", "calibrate", "checkpoint_steps", "report_to"))
