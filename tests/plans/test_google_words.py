"""Settings written as flags of the old script, or as kbert's own where it has none."""

import shlex

import pytest

from kbert.cli.words import FlagWords
from kbert.findings import Call, Cure, Option, speaking
from kbert.plans.google_flags import plan_settings, read_google_flags
from kbert.plans.google_words import GoogleWords


@pytest.mark.parametrize(
    ("value", "after_flags", "after_python"),
    [
        (Option("batch_size"), "--train_batch_size", "--train_batch_size"),
        (Option("recipe"), "kbert's --recipe", "kbert's `recipe`"),
        (
            Cure({"batch_size": 8, "epochs": 20}),
            "--train_batch_size=8 --num_train_epochs=20",
            "--train_batch_size=8 --num_train_epochs=20",
        ),
        (Cure({"max_length": 64}), "--max_seq_length=64", "--max_seq_length=64"),
        (
            Cure({"recipe": "recommended"}, note="which trains on every row"),
            "kbert's --recipe recommended, which trains on every row",
            'kbert\'s recipe="recommended", which trains on every row',
        ),
        (
            Cure({"epochs": 2, "recipe": "google"}),
            "--num_train_epochs=2, kbert's --recipe google",
            '--num_train_epochs=2, kbert\'s recipe="google"',
        ),
    ],
    ids=str,
)
def test_a_setting_is_a_flag_of_the_script_or_of_kbert(value, after_flags, after_python):
    with speaking(GoogleWords()):
        assert str(value) == after_python
    with speaking(FlagWords()), speaking(GoogleWords()):
        assert str(value) == after_flags


def test_a_call_is_a_call_of_kbert():
    with speaking(GoogleWords()):
        assert str(Call("resume", "runs/a")) == 'kbert.resume("runs/a")'


def test_written_flags_are_read_back():
    settings = {"batch_size": 8, "learning_rate": 1e-5, "epochs": 3.0, "warmup_proportion": 0.2}
    flags = GoogleWords().settings(settings)
    assert len(shlex.split(flags)) == len(settings)
    assert plan_settings(read_google_flags(flags)) == settings
