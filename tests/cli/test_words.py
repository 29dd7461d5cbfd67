"""Settings and calls as the command line writes them: ready to be pasted into a shell."""

import shlex
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kbert.cli.words import FlagWords
from kbert.findings import Call
from kbert.utils.command_name import command_name

WARMUP = "--warmup-proportion 0.1 --learning-rate 2e-05"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ""),
        ({"batch_size": 8, "epochs": 20}, "--batch-size 8 --epochs 20"),
        ({"scale_epochs": True}, "--scale-epochs"),
        ({"deterministic": False}, "--no-deterministic"),
        ({"warmup_proportion": 0.1, "learning_rate": 2e-5}, WARMUP),
        ({"allow": ("rate-zero", "micro-steps")}, "--allow rate-zero --allow micro-steps"),
        ({"delimiter": ";"}, "--delimiter ';'"),
        ({"text": "-text"}, "--text=-text"),
        ({"dev": Path("my dev.csv")}, "--dev 'my dev.csv'"),
    ],
    ids=str,
)
def test_settings_are_flags(settings, expected):
    assert FlagWords().settings(settings) == expected


def test_an_option_is_a_flag():
    assert FlagWords().option("gradient_accumulation_steps") == "--gradient-accumulation-steps"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (Call("resume", Path("runs/a b")), "resume 'runs/a b'"),
        (Call("continue", "RUN", output="NEW"), "continue RUN --output NEW"),
        (
            Call("continue", "RUN", data="a.csv", output="NEW"),
            "continue RUN a.csv --output NEW",
        ),
    ],
    ids=str,
)
def test_a_call_is_a_command(call, expected):
    assert FlagWords().call(call) == f"{command_name()} {expected}"


@given(st.dictionaries(st.sampled_from(["text", "label", "dev"]), st.text(min_size=1)))
@example({"text": "-x"})
@example({"text": "it's a=b"})
def test_a_shell_reads_what_was_meant(settings):
    words = iter(shlex.split(FlagWords().settings(settings)))
    for name, value in settings.items():
        flag, equals, given = next(words).partition("=")
        assert flag == f"--{name}"
        assert (given if equals else next(words)) == value
    assert list(words) == []
