"""A finding is a line or a few; the surface that shows it words what there is to type."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import kbert
from kbert.cli.words import FlagWords
from kbert.findings import (
    Call,
    Cure,
    Finding,
    Option,
    PythonWords,
    by_severity,
    downgrade,
    findings_table,
    speaking,
)
from kbert.reports.told_finding import ToldFinding
from kbert.utils.command_name import command_name

FEW = Finding(
    "too-few-updates",
    "error",
    "The run performs {updates} updates.",
    Cure({"epochs": 20}),
    {"updates": 6},
)
ZERO = Finding("rate-zero", "info", "Update 0 has rate 0.", Cure({"recipe": "recommended"}))
LONG = Finding("warmup-too-long", "warning", "Warmup is long.", Cure({"warmup_proportion": 0.1}))
ENDED = Finding("plan-ended", "error", "The plan has ended.", Cure(call=Call("continue", "RUN")))


def test_a_finding_as_text_and_as_data():
    assert str(FEW) == "ERROR too-few-updates: The run performs 6 updates. Cure: epochs=20"
    assert json.loads(json.dumps(FEW.to_dict())) == {
        "code": "too-few-updates",
        "severity": "error",
        "allowed": False,
        "message": "The run performs 6 updates.",
        "cure": "epochs=20",
        "settings": {"epochs": 20},
    }
    with speaking(FlagWords()):
        assert str(FEW).endswith(" Cure: --epochs 20")
        assert FEW.to_dict()["cure"] == "--epochs 20"
        assert FEW.to_dict()["settings"] == {"epochs": 20}


def test_findings_as_a_table():
    words = " ".join(["--a-long-flag-in-a-sentence"] * 9)
    with speaking(FlagWords()):
        table = findings_table([FEW, replace(LONG, template=words)], indent="    ")
    lines = table.splitlines()
    assert lines[:4] == [
        "    ERROR    too-few-updates",
        "             The run performs 6 updates.",
        "             Cure: --epochs 20",
        "    WARNING  warmup-too-long",
    ]
    assert " ".join(table.split()).count(f"{words} Cure: --warmup-proportion 0.1") == 1
    assert max(map(len, lines)) <= 100
    assert findings_table([]) == ""


def test_an_unknown_code_is_a_programming_error():
    with pytest.raises(ValueError, match="`code` must be one of rate-zero, .*Received: 'few'"):
        replace(FEW, code="few")


def test_errors_come_first_and_otherwise_the_order_stays():
    assert by_severity([ZERO, LONG, FEW, ENDED]) == [FEW, ENDED, LONG, ZERO]


def test_allowed_errors_become_warnings_and_nothing_else_changes():
    allowed = ["too-few-updates", "rate-zero"]
    assert downgrade([FEW, ZERO, ENDED], allowed) == [
        replace(FEW, severity="warning", allowed=True),
        ZERO,
        ENDED,
    ]
    assert FEW.severity == "error"


def test_allowed_findings_say_so_wherever_they_are_shown():
    (allowed,) = downgrade([FEW], ["too-few-updates"])
    assert str(allowed).startswith("WARNING too-few-updates (allowed): The run performs 6")
    assert findings_table([allowed]).splitlines()[0] == "  WARNING  too-few-updates (allowed)"
    assert allowed.to_dict()["severity"] == "warning"
    assert allowed.to_record()["allowed"] is True
    assert ToldFinding.of(allowed.to_record()).allowed
    assert not ToldFinding.of(FEW.to_record()).allowed


@pytest.mark.parametrize(
    ("value", "python", "flags"),
    [
        (Option("batch_size"), "`batch_size`", "--batch-size"),
        (Option("delimiter", ";"), 'delimiter=";"', "--delimiter ';'"),
        (Option("quoting", "none"), 'quoting="none"', "--quoting none"),
        (Option("epochs", 0), "epochs=0", "--epochs 0"),
        (
            Call("resume", Path("runs/a"), checkpoint="x"),
            'kbert.resume("runs/a", checkpoint="x")',
            "kbert resume runs/a --checkpoint x",
        ),
        (
            Call("train", "my reviews.csv", epochs=3),
            'kbert.train(kbert.TrainConfig("my reviews.csv", epochs=3))',
            "kbert train 'my reviews.csv' --epochs 3",
        ),
        (
            Call("continue", "runs/a", "new.csv", output="runs/b"),
            'kbert.continue_training("runs/a", "new.csv", output="runs/b")',
            "kbert continue runs/a new.csv --output runs/b",
        ),
        (Call("import", "folder"), 'kbert.import_model("folder")', "kbert import folder"),
        (
            Call("inspect", "a.csv", text="t"),
            'kbert.inspect_examples(kbert.read_examples("a.csv", text="t"))',
            "kbert inspect a.csv --text t",
        ),
        (Cure({"batch_size": 8, "epochs": 20}), "batch_size=8, epochs=20", None),
        (Cure(note="add {rows:,} rows", values={"rows": 1000}), "add 1,000 rows", None),
        (Cure({"epochs": 3}, note="at least"), "epochs=3, at least", "--epochs 3, at least"),
        (
            Cure(call=Call("resume", "a"), note="with {option}", values={"option": Option("dev")}),
            'kbert.resume("a"), with `dev`',
            "kbert resume a, with --dev",
        ),
        (
            Cure({"scale_epochs": True}, otherwise=(Cure({"epochs": 3}), Cure(code="fit()"))),
            "scale_epochs=True, or epochs=3, or fit()",
            "--scale-epochs, or --epochs 3, or fit()",
        ),
    ],
    ids=str,
)
def test_words_match_the_surface(value, python, flags):
    assert str(value) == python
    if flags is not None:
        with speaking(FlagWords()):
            assert str(value).replace(f"{command_name()} ", "kbert ") == flags
    assert str(value) == python


def test_the_words_of_an_inner_surface_end_with_it():
    with speaking(FlagWords()):
        with speaking(PythonWords()):
            assert str(Option("dev")) == "`dev`"
        assert str(Option("dev")) == "--dev"


@pytest.mark.parametrize(
    "value",
    ["it's", 'a "b"', 'it\'s "b"', "back\\slash", "tab\t", "", "é", None, True, 1e-5],
)
@pytest.mark.parametrize("within", [lambda v: v, lambda v: (v,), lambda v: (v, v)])
def test_python_words_can_be_pasted(value, within):
    text = PythonWords().settings({"name": within(value)})
    assert eval(f"dict({text})") == {"name": within(value)}


@pytest.mark.parametrize("verb", ["train", "resume", "continue", "import", "export", "inspect"])
def test_a_call_names_a_function_of_kbert(verb):
    function = str(Call(verb)).partition("(")[0]
    assert function.removeprefix("kbert.") in kbert.__all__
