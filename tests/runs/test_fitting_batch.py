import subprocess

import pytest

from kbert import MachineError, TrainConfig, continue_training, resume, train
from kbert.config.pretrain_config import PretrainConfig
from kbert.runs import fitting_batch
from kbert.runs.fitting_batch import with_fitting_batch
from kbert.runs.pretrain import pretrain

_RUN = subprocess.run


@pytest.fixture
def told(monkeypatch):
    """A function that replaces the trial process with shell code that prints some lines."""

    def use(code):
        monkeypatch.setattr(
            fitting_batch.subprocess,
            "run",
            lambda command, **options: _RUN(["/bin/sh", "-c", code], **options),
        )

    return use


def line(rows):
    return f"""echo '{{"rows": {rows}, "memory": 2000000000, "limit": 3000000000}}'; """


def auto(**settings):
    return with_fitting_batch(TrainConfig("a.csv", batch_size="auto", **settings), classes=2)


def test_the_last_batch_that_fits_is_taken(told, capsys):
    told(line(1) + "echo something else; " + line(8))
    config = auto(update_size=48)
    assert (config.batch_size, config.gradient_accumulation_steps) == (8, 6)
    assert config.update_size is None
    assert "Batches of 8 rows, 6 per update: the most that fit, in 2.0 GB of 3.0 GB" in (
        capsys.readouterr().out
    )


def test_a_killed_process_still_reports_what_fits(told):
    told(line(1) + line(4) + "kill -9 $$")
    assert auto().batch_size == 4


def test_an_error_is_raised_if_not_even_one_row_fits(told):
    told("kill -9 $$")
    with pytest.raises(MachineError, match=r"1 row x 128 tokens does not fit.*max_length=64"):
        auto()


def test_the_reason_is_reported_if_no_batch_can_be_tried(told, capsys):
    told("echo some trace >&2; echo 'OSError: no weights' >&2; exit 1")
    assert auto().batch_size == 32
    assert "cannot be tried: OSError: no weights. Batches of 32 rows" in capsys.readouterr().out


def test_a_given_batch_size_is_not_tried(told):
    told("exit 1")
    config = with_fitting_batch(TrainConfig("a.csv", batch_size=8, update_size=32), classes=2)
    assert (config.batch_size, config.gradient_accumulation_steps) == (8, 4)


@pytest.fixture(scope="module")
def settings(reviews, tiny_preset):
    return {
        "data": str(reviews),
        "preset": str(tiny_preset),
        "weights": "random",
        "max_length": 8,
        "dev_proportion": 0.2,
        "epochs": 3,
        "learning_rate": 1e-3,
        "allow": ("too-few-updates",),
    }


@pytest.mark.any_backend
@pytest.mark.keras
@pytest.mark.usefixtures("one_backend")
def test_a_run_tries_its_batches_and_records_its_choice(settings, tmp_path, capsys):
    config = TrainConfig(**settings, batch_size="auto", update_size=24, output=str(tmp_path / "a"))
    run = train(config)
    assert "Batches of 24 rows, 1 per update: all fit, in" in capsys.readouterr().out
    recorded = TrainConfig.from_toml(run.path / "config.toml")
    assert (recorded.batch_size, recorded.gradient_accumulation_steps) == (24, 1)
    assert recorded.update_size is None
    assert run.record["plan"]["batch_size"] == 24


@pytest.mark.keras
@pytest.mark.any_backend  # what fits is faked, not tried
def test_a_run_keeps_its_rows_per_update_with_batches_that_fit(settings, tmp_path, told):
    run = train(TrainConfig(**settings, batch_size=12, output=str(tmp_path / "a")), verbose=0)
    told(line(2))
    resume(run.path, epochs=4, batch_size="auto", verbose=0)
    plan = run.record["plan"]
    assert (plan["batch_size"], plan["gradient_accumulation_steps"]) == (2, 6)
    assert TrainConfig.from_toml(run.path / "config.toml").gradient_accumulation_steps == 6

    told(line(8))
    further = continue_training(run.path, tmp_path / "b", epochs=2, update_size=8, verbose=0)
    plan = further.record["plan"]
    assert (plan["batch_size"], plan["gradient_accumulation_steps"]) == (2, 4)
    last = continue_training(further.path, tmp_path / "c", batch_size="auto", verbose=0)
    plan = last.record["plan"]
    assert (plan["batch_size"], plan["gradient_accumulation_steps"]) == (8, 1)


@pytest.mark.keras
@pytest.mark.any_backend  # trains in a process of its own
@pytest.mark.usefixtures("one_backend")
def test_pretraining_takes_the_batch_that_fits(sentences, tiny_preset, tmp_path, capsys):
    texts, run = tmp_path / "texts.txt", tmp_path / "run"
    texts.write_text("\n".join(sentences[0]) + "\n", encoding="utf-8")
    size = {"batch_size": "auto", "update_size": 12, "max_length": 16, "epochs": 2}
    preset = {"preset": str(tiny_preset), "weights": "random"}
    done = pretrain(PretrainConfig(str(texts), output=str(run), **preset, **size))
    assert "Batches of 12 rows, 1 per update: all fit, in " in capsys.readouterr().out
    written = PretrainConfig.from_toml(run / "config.toml")
    assert (written.batch_size, written.gradient_accumulation_steps) == (12, 1)
    assert done.record["plan"]["batch_size"] == 12
