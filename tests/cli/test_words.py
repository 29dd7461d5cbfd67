"""Settings and calls as the command line writes them: ready to be pasted into a shell."""

import re
import shlex
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kbert.cli.words import FlagWords
from kbert.findings import Call, Cure, Finding, findings_table, speaking
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


@pytest.mark.parametrize(
    ("terminal", "no_color", "expected"),
    [
        (True, "", ["INFO", "\x1b[33mWARNING\x1b[0m", "\x1b[1;31mERROR\x1b[0m"]),
        (True, "1", ["INFO", "WARNING", "ERROR"]),
        (False, "", ["INFO", "WARNING", "ERROR"]),
    ],
    ids=["terminal", "NO_COLOR", "file"],
)
def test_severities_have_colours_on_a_terminal_only(terminal, no_color, expected, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    monkeypatch.setenv("NO_COLOR", no_color)
    assert [FlagWords().severity(name) for name in ("info", "warning", "error")] == expected


def test_colours_move_no_column(monkeypatch):
    found = [Finding("imbalance", severity, "A.", Cure(note="b")) for severity in ("info", "error")]
    plain = findings_table(found)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    with speaking(FlagWords()):
        assert re.sub(r"\x1b\[[\d;]*m", "", findings_table(found)) == plain
