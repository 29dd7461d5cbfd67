import dataclasses
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.config import TrainConfig
from kbert.errors import KbertError
from kbert.utils.files import write_text

FORMATS = Path(__file__).parents[1] / "data" / "formats" / "0.1"

# A value other than the default for each setting.
OTHERS = {
    "shuffle_window": 4,
    "shard_cache": 2.5,
    **{"dev": "dev.tsv", "test": "test.tsv", "output": "runs/α", "text": "0", "pair": "b"},
    **{"label": "1", "format": "tsv", "encoding": "gb18030", "header": False},
    **{
        "delimiter": ";",
        "quoting": "none",
        "sheet": "Data",
        "target": "multi",
        "label_separator": "|",
        "weight": "trust",
        "group": "author",
        "class_weight": "balanced",
    },
    **{"label_smoothing": 0.1, "loss": "focal"},
    **{"on_bad_row": "skip", "preset": "some/folder", "weights": "random"},
    **{
        "max_length": 64,
        "long_text": "tail",
        "cut_pair": "first",
        "dropout": 0.0,
        "epochs": 5,
        "batch_size": 16,
        "gradient_accumulation_steps": 2,
    },
    **{"learning_rate": 2e-5, "warmup_proportion": 0.0, "recipe": "google", "monitor": "mcc"},
    **{"baseline": "tfidf", "report": False, "report_to": "wandb, mlflow", "calibrate": True},
    **{"patience": 2, "seed": 7, "precision": "bfloat16", "backend": "jax"},
    **{"pooling": "mean", "reinit_layers": 1},
    **{"parent": "runs/a", "evaluate_every": 50, "allow": ("no-warmup", "imbalance")},
    **{
        "checkpoint_steps": 100,
        "checkpoint_minutes": 2.5,
        "keep_checkpoints": 5,
        "deterministic": True,
        "packing": "on",
        "gradient_checkpointing": True,
    },
}
TASK = {"task": "mrpc"}  # which determines some of the others
SHARE = {"dev_proportion": 0.25, "split_seed": 3}  # in place of a dev file
TIME = {"split_by_time": "date"}  # in place of both
FOLDS = {"folds": 5, "fold": 2, "split_seed": 3}
FOCAL = {"focal_gamma": 1.0, "loss": "focal"}  # which other losses do not have
UPDATE = {"update_size": 64}  # in place of batches per update
WINDOWS = {
    "long_text": "windows",
    "cut_pair": "second",
    "stride": 9,
    "max_windows": 4,
    "pool": "max",
}
TECHNIQUES = {
    **{"freeze_embeddings": True, "freeze_layers": 2, "layer_decay": 0.9, "token_dropout": 0.1},
    **{"r_drop": 1.0, "fgm": 0.5, "contrastive": 0.1, "contrastive_temperature": 0.5},
    **{"gradual_unfreezing": 0.5, "moving_average": 0.999, "average_best": 3},
    **{"reinit_layers": 1, "pooling": "mean", "head": "new"},
}
LORA = {"lora_rank": 4, "lora_alpha": 8.0}  # which freezes by itself
DEVICES = {"devices": 8, "batch_size_per_device": 4}
# Half a surrogate pair is not text, and no name contains NUL.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def round_trip(config, folder):
    path = folder / "config.toml"
    write_text(path, config.to_toml())
    return TrainConfig.from_toml(path)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        TASK,
        SHARE,
        TIME,
        FOLDS,
        FOCAL,
        UPDATE,
        WINDOWS,
        LORA,
        TECHNIQUES,
        {"batch_size": "auto"},
        DEVICES,
        {"devices": "all"},
        *({k: v} for k, v in OTHERS.items()),
        OTHERS,
    ],
    ids=str,
)
def test_toml_round_trips_every_setting(changes, tmp_path):
    config = TrainConfig("reviews.csv", **changes)
    assert config != TrainConfig("reviews.csv") or not changes
    assert round_trip(config, tmp_path) == config


def test_every_setting_has_a_value_here():
    names = [field.name for field in dataclasses.fields(TrainConfig)]
    assert {
        "data",
        *OTHERS,
        *TASK,
        *SHARE,
        *TIME,
        *FOLDS,
        *FOCAL,
        *UPDATE,
        *WINDOWS,
        *LORA,
        *TECHNIQUES,
        *DEVICES,
    } == set(names)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stride": 9}, '`stride` belongs to long_text="windows"'),
        ({"long_text": "tail", "pool": "max"}, '`pool` belongs to long_text="windows"'),
        (
            {**WINDOWS, "max_windows": 0},
            "`max_windows` must be a whole number of at least 1. Received: 0",
        ),
        ({**WINDOWS, "max_length": 11}, "`stride` must be less than the 9 tokens of a text"),
        ({**WINDOWS, "packing": "on"}, 'long_text="windows" cannot be combined with packing="on"'),
    ],
    ids=str,
)
def test_settings_that_conflict_with_windows_are_refused(settings, message):
    with pytest.raises(KbertError, match=message):
        TrainConfig("a.csv", **settings)


def test_a_task_determines_how_its_files_are_read():
    with pytest.raises(KbertError, match='task="mrpc" already .* Leave out `text`, or the task'):
        TrainConfig("glue/MRPC", task="mrpc", text="3", dev="dev.tsv")


@given(data=TEXT, text=TEXT, rate=st.floats(1e-9, 1), seed=st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_toml_round_trips_any_value(tmp_path_factory, data, text, rate, seed):
    config = TrainConfig(data, text=text, learning_rate=rate, seed=seed)
    assert round_trip(config, tmp_path_factory.getbasetemp()) == config


def test_settings_missing_from_toml_have_their_defaults(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text('data = "a.csv"\nepochs = 9\nlearning_rate = 1\n')
    assert TrainConfig.from_toml(path) == TrainConfig("a.csv", epochs=9, learning_rate=1.0)
    assert "backend" not in tomllib.loads(TrainConfig("a.csv").to_toml())


@pytest.mark.parametrize(
    ("content", "held"),
    [
        (b'data = "a"\nepoch = 3\n', "no setting 'epoch'. Did you mean 'epochs'?"),
        (b'data = "a"\nbatchsize = 3\n', "no setting 'batchsize'. Did you mean 'batch_size'?"),
        (b'data = "a"\nxyz = 3\n', "no setting 'xyz'. Known: data, text, pair,"),
        (b'[train]\ndata = "a"\n', "no setting 'train'"),
        (b"epochs = \n", "is not TOML"),
        (b'data = "\xff"\n', "is not UTF-8, which TOML has to be: line 1 has the byte 0xff"),
        (b"epochs = 3\n", "data"),
        (b'data = "a"\nepochs = 2.5\n', "`epochs` must be a whole number. Received: 2.5"),
        (b'data = "a"\nallow = [3]\n', "`allow` must be a list of strings. Received: (3,)"),
    ],
    ids=["near", "joined", "far", "table", "broken", "bytes", "no data", "fraction", "list"],
)
def test_an_invalid_file_is_refused(content, held, tmp_path):
    path = tmp_path / "a.toml"
    path.write_bytes(content)
    with pytest.raises(KbertError) as refusal:
        TrainConfig.from_toml(path)
    assert str(path) in str(refusal.value)
    assert held in str(refusal.value)


def test_an_unreadable_file_is_refused(tmp_path):
    with pytest.raises(KbertError, match=r"no file .*none\.toml\. Check its path"):
        TrainConfig.from_toml(tmp_path / "none.toml")
    with pytest.raises(KbertError, match="cannot be read"):
        TrainConfig.from_toml(tmp_path)


@pytest.mark.parametrize(
    ("changes", "held"),
    [
        ({"epochs": "3"}, "`epochs` must be a whole number. Received: '3'"),
        ({"epochs": 2.0}, "`epochs` must be a whole number. Received: 2.0"),
        ({"epochs": True}, "Received: True"),
        ({"batch_size": 32.9}, "`batch_size` must be a whole number or auto. Received: 32.9"),
        ({"patience": 1.5}, "`patience` must be a whole number. Received: 1.5"),
        ({"learning_rate": True}, "`learning_rate` must be a number"),
        ({"learning_rate": "5e-5"}, "`learning_rate` must be a number"),
        ({"header": 0}, "`header` must be true or false"),
        ({"dev": 3}, "`dev` must be a string"),
        ({"recipe": "Google"}, "google, few-shot. Received: 'Google'. Did you mean 'google'?"),
        (
            {"backend": "numpy"},
            "`backend` must be one of tensorflow, jax, torch. Received: 'numpy'",
        ),
        ({"on_bad_row": None}, "`on_bad_row` must be one of error, skip. Received: None"),
        ({"data": None}, "`data` must be a string"),
        ({"dev_proportion": 1.0}, "`dev_proportion` must be from 0 to below 1"),
        ({"dev_proportion": float("nan")}, "Received: nan"),
        ({"dev_proportion": -0.1}, "Received: -0.1"),
        ({"dropout": 1}, "`dropout` must be from 0 to below 1"),
        ({"dropout": -0.1}, "Received: -0.1"),
        ({"seed": -1}, "`seed` must be from 0 to 4294967295"),
        ({"seed": 2**32}, "Received: 4294967296"),
        ({"allow": "no-warmup"}, "`allow` must be a list of strings. Received: 'no-warmup'"),
        ({"allow": ("none",)}, "There is no finding 'none'. Known: rate-zero, "),
        ({"patience": 0}, "`patience` must be 1 or more"),
        ({"checkpoint_steps": 0}, "`checkpoint_steps` must be 1 or more"),
        ({"keep_checkpoints": 0}, "`keep_checkpoints` must be 1 or more"),
        ({"checkpoint_minutes": 0}, "`checkpoint_minutes` must be above 0"),
        ({"checkpoint_minutes": float("nan")}, "`checkpoint_minutes` must be above 0"),
        (
            {"patience": 2, "dev_proportion": 0},
            '`patience` needs a dev set. Cure: dev="FILE", or dev_proportion=0.1',
        ),
    ],
    ids=str,
)
def test_a_wrong_type_or_range_is_refused(changes, held):
    with pytest.raises(KbertError) as refusal:
        TrainConfig(**{"data": "a.csv", **changes})
    assert held in str(refusal.value)


def test_the_ends_of_the_ranges_are_accepted():
    config = TrainConfig("a", dev_proportion=0, dropout=0, seed=2**32 - 1, dev="b", patience=1)
    assert (config.dev_proportion, config.dropout) == (0, 0)


def test_the_names_of_version_0_1_are_read(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('data = "a"\naccumulation = 2\nforce = ["imbalance"]\n')
    expected = TrainConfig("a", gradient_accumulation_steps=2, allow=("imbalance",))
    assert TrainConfig.from_toml(path) == expected


@pytest.mark.parametrize("path", sorted(FORMATS.glob("*/config.toml")), ids=lambda p: p.parent.name)
def test_settings_written_by_version_0_1_are_read(path):
    assert TrainConfig.from_toml(path).data


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dev": "dev.csv", "dev_proportion": 0.2}, "`dev` names the rows to evaluate on"),
        ({"dev_proportion": 0, "monitor": "loss"}, "`monitor` needs a dev set"),
        ({"task": "mrpc", "dev_proportion": 0.2}, "Leave out `dev_proportion`, or the task"),
    ],
    ids=str,
)
def test_a_setting_without_effect_beside_another_is_refused(settings, message):
    with pytest.raises(KbertError, match=message):
        TrainConfig("data.csv", **settings)


@pytest.mark.parametrize(
    ("rate", "told"),
    [(5e-5, "is far below the 1e-4"), (1e-4, None), (1e-2, None), (0.05, "is far above the 1e-4")],
)
def test_lora_has_its_own_usual_rates(rate, told):
    config = TrainConfig(data="reviews.csv", lora_rank=8, learning_rate=rate)
    plan = config.plan(examples=4000)
    found = [finding for finding in config.findings(plan) if finding.code == "unusual-rate"]
    assert [told in finding.message for finding in found] == [True] * (told is not None)
    assert [finding.cure.settings for finding in found] == [{"learning_rate": 1e-3}] * len(found)


def test_a_rate_that_trains_nothing_stays_an_error_with_lora():
    config = TrainConfig(data="reviews.csv", lora_rank=8, learning_rate=0.2)
    (found,) = [f for f in config.findings(config.plan(examples=4000)) if f.code == "unusual-rate"]
    assert found.severity == "error"
