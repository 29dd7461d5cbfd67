"""The app that every verb registers with, and what all verbs have in common."""

import re

import pytest
from cyclopts import App

import kbert.cli.app
from kbert.cli.app import VERBS, exit_status, verb
from kbert.cli.main import app
from kbert.errors import InputError
from kbert.findings import Cure, Finding
from kbert.utils.say import say, verbose_level


@pytest.fixture
def program(monkeypatch):
    """An app for the verbs `first` and `second`, which the tests add."""
    made = App(name="kbert", help_format="plaintext", result_action="return_value")
    made.config = ()
    monkeypatch.setattr(kbert.cli.app, "app", made)
    monkeypatch.setattr(kbert.cli.app, "VERBS", ("second", "first"))
    return made


def help_of(program, capsys, *words):
    program([*words, "--help"])
    return capsys.readouterr().out


def test_help_lists_every_verb_in_order(capsys):
    lines = help_of(app, capsys).splitlines()
    named = [word for line in lines for word in re.findall(r"^│ ([\w-]+) ", line)]
    assert [word for word in named if word in VERBS] == [
        *(
            "demo",
            "inspect",
            "plan",
            "lr-find",
            "tokens",
            "pretrain",
            "train",
            "sweep",
            "resume",
            "continue",
            "evaluate",
            "predict",
        ),
        *("serve", "report", "compare", "errors", "explain", "import", "export", "presets"),
    ]


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_can_be_quiet_or_verbose(name, capsys):
    out = help_of(app, capsys, name)
    assert "--quiet -q" in out
    assert "--verbose -v" in out


def test_the_longest_flag_and_its_type_fit_on_one_line(capsys):
    assert "--gradient-accumulation-steps INT " in help_of(app, capsys, "train")


def test_a_verb_gets_its_flags_and_returns_its_status(program):
    def first(data: str, *, rows: int = 3) -> tuple[str, int]:
        return data, rows

    assert verb("first")(first) is first  # unchanged when called from Python
    assert program(["first", "a.csv", "--rows", "5", "-q"]) == ("a.csv", 5)
    assert program(["first", "a.csv", "-v"]) == ("a.csv", 3)


def test_verb_order_does_not_depend_on_import_order(program, capsys):
    for name in ("first", "second"):
        verb(name)(lambda: None)
    out = help_of(program, capsys)
    assert out.index("second") < out.index("first")


@pytest.mark.parametrize(("flags", "level"), [([], 1), (["-q"], 0), (["--verbose"], 2)], ids=str)
def test_a_verb_prints_according_to_its_verbosity(flags, level, program, capsys):
    @verb("first")
    def first() -> int:
        for each in (1, 2):
            say(f"level {each}", level=each)
        return verbose_level()

    assert program(["first", *flags]) == level
    assert capsys.readouterr().out == "".join(f"level {n}\n" for n in range(1, level + 1))
    assert verbose_level() == 1


def fails(error, cause=None):
    def first() -> None:
        raise error from cause

    return first


@pytest.mark.parametrize("cause", [ValueError("the reason"), None], ids=["cause", "alone"])
@pytest.mark.parametrize("error", [InputError("the sentence"), OSError("the sentence")])
def test_verbose_shows_where_an_error_comes_from(error, cause, program, capsys):
    verb("first")(fails(error, cause))
    with pytest.raises(type(error), match="the sentence"):
        program(["first", "-v"])
    out, err = capsys.readouterr()
    assert out == ""
    last = err.splitlines()[-1]
    assert last == ("ValueError: the reason" if cause else f"{_name(error)}: the sentence")


def _name(error):
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def test_without_verbose_only_the_error_is_raised(program, capsys):
    verb("first")(fails(InputError("the sentence"), ValueError("the reason")))
    for flags in ([], ["-q"]):
        with pytest.raises(InputError, match="the sentence"):
            program(["first", *flags])
    assert capsys.readouterr() == ("", "")


def test_a_file_error_is_shown_with_its_cause(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="There is no file none.csv"):
        app(["inspect", "none.csv", "-v"])
    first, *_, last = capsys.readouterr().err.splitlines()
    assert first == "Traceback (most recent call last):"
    assert last.startswith("FileNotFoundError: ")


def test_help_joins_the_lines_of_docstring_paragraphs(program, capsys):
    def first(*, rows: int = 3, columns: int = 2) -> None:
        """Do one thing.

        This is said
        in three
        lines.

        And this.

        Parameters
        ----------
        rows
            How many
            rows.
        columns
            How many.
        """

    verb("first")(first)
    assert program["first"].default_command.__doc__.splitlines() == [
        *("Do one thing.", "", "This is said in three lines.", "", "And this.", ""),
        *("Parameters", "----------", "rows", "    How many rows.", "columns", "    How many."),
    ]
    out = help_of(program, capsys, "first")
    assert "This is said in three lines." in out
    assert "How many rows. [default: 3]" in out


@pytest.mark.parametrize(
    ("severities", "status"),
    [([], 0), (["info", "warning"], 0), (["error"], 2), (["warning", "error", "info"], 2)],
    ids=str,
)
def test_exit_status_is_2_if_a_finding_is_an_error(severities, status):
    assert exit_status(Finding("imbalance", each, "A.", Cure()) for each in severities) == status
