"""Settings and calls as the command line writes them: ready to paste into a shell."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kbert.cli.main import app
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


# Only bash, zsh and ksh read the spelling of other characters: tested below in bash.
PRINTABLE = st.text(min_size=1).filter(str.isprintable)


@given(st.dictionaries(st.sampled_from(["text", "label", "dev"]), PRINTABLE))
@example({"text": "-x"})
@example({"text": "it's a=b"})
def test_a_shell_reads_the_same_values(settings):
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


def test_colours_do_not_shift_columns(monkeypatch):
    found = [Finding("imbalance", severity, "A.", Cure(note="b")) for severity in ("info", "error")]
    plain = findings_table(found)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    with speaking(FlagWords()):
        assert re.sub(r"\x1b\[[\d;]*m", "", findings_table(found)) == plain


NAMES = [
    "a b",
    "it's",
    "-run",
    "--output",
    "日本",
    "a\nb",
    "$HOME",
    "`id`",
    "a;b",
    "*",
    "~",
    "\udcff",
    "\x1f",
    "é\u2028'",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_shell_and_the_parser_read_the_same_values(name):
    """As if pasted: bash splits the line, and the command line's parser reads the words."""
    call = Call("evaluate", name, f"{name}.csv", text=name, delimiter=";", header=False)
    line = FlagWords().call(call).replace(command_name(), "printf '%s\\0'", 1)
    done = subprocess.run(["bash", "-c", os.fsencode(line)], capture_output=True, check=True)
    verb, *words = map(os.fsdecode, done.stdout.split(b"\0")[:-1])
    assert verb == "evaluate"
    _, bound, _ = app.parse_args([verb, *words])
    model, data = bound.args
    expected = f"./{name}" if name.startswith("-") else name
    assert (str(model), data) == (str(Path(expected)), f"{expected}.csv")
    settings = bound.kwargs["settings"]
    assert (settings.text, settings.delimiter, settings.header) == (name, ";", False)


@pytest.mark.parametrize(
    ("called", "expected"),
    [
        ("my env/bin/kbert", "'my env/bin/kbert'"),
        ("kbert", "./kbert"),
        ("elsewhere.py", f"{sys.executable} -m kbert"),
    ],
)
def test_the_command_name_is_quoted_too(called, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [called])
    monkeypatch.setenv("PATH", "")
    assert command_name() == expected


def test_a_tab_is_written_as_backslash_t():
    assert FlagWords().settings({"delimiter": "\t"}) == r"--delimiter '\t'"
