"""Findings in run.json can be reworded in another language, and nothing in the file is run."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from kbert.cli.language import catalogue
from kbert.cli.words import FlagWords
from kbert.findings import (
    Call,
    Cure,
    Finding,
    Joined,
    Message,
    Option,
    speaking,
    worded_again,
)
from kbert.reports.told_finding import ToldFinding
from kbert.utils.wording import count_noun

CHINESE = FlagWords(catalogue(["--lang", "zh"]))
FEW = (
    "The run changes the weights {times}; with fewer than {few} updates, a model stays close to "
    "where it begins."
)
CURE = Cure({"epochs": 20}, otherwise=(Cure(note="add rows"),))


def finding(template=FEW, cure=CURE, **values):
    return Finding("too-few-updates", "error", template, cure, values)


def recorded(*parts, surface=None, **values):
    """Return what run.json stores of a finding, read back."""
    with speaking(surface or FlagWords()):
        return json.loads(json.dumps(finding(*parts, **values).to_record()))


@pytest.mark.parametrize("surface", [FlagWords(), CHINESE])
def test_a_finding_is_reworded_in_the_language_of_the_page(surface):
    record = recorded(times=count_noun(6, "time"), few=100, surface=surface)
    assert record["message"].startswith("The run changes the weights 6 times; with fewer than 100")
    assert record["cure"] == "--epochs 20, or add rows"
    english = ToldFinding.of(record)
    assert (english.message, english.cure) == (record["message"], record["cure"])
    assert english.shown_severity == "error"
    with speaking(CHINESE):
        told = ToldFinding.of(record)
    assert told.message == "这次训练只改变权重 6 次；少于 100 次更新时，模型与起点相差不大。"
    assert told.cure == "--epochs 20；或者 增加数据"
    assert (told.severity, told.shown_severity) == ("error", "错误")


def test_values_of_each_kind():
    template = "{option} must be {expected}. Received: {value!r}"
    values = {"option": Option("x", 3), "expected": Message("a whole number"), "value": "y"}
    cure = Cure(
        {"label": ("a", "b")},
        note="restore it from a copy; the model is usable as {model}",
        values={"model": Path("runs") / "a"},
        otherwise=(Cure(call=Call("resume", Path("runs") / "b", epochs=4)),),
    )
    record = recorded(template, cure, **values)
    with speaking(CHINESE):
        again = Finding("too-few-updates", "error", template, cure, values)
        told = ToldFinding.of(record)
        assert (told.message, told.cure) == (again.message, str(again.cure))
        assert told.message == "--x 3 必须是整数。收到：'y'"


def test_a_list_of_messages():
    with speaking(CHINESE):
        parts = Joined([Message("a whole number"), "b"])
        assert str(parts) == "整数、b"
    record = recorded(
        "{option} must be {expected}. Received: {value!r}", option="o", value=1, expected=parts
    )
    with speaking(CHINESE):
        assert "整数、b" in ToldFinding.of(record).message


@dataclass
class Other:
    name: str


def test_values_that_are_not_plain_data_keep_the_stored_message():
    record = recorded(times=Other("a"), few=1)
    assert "message" not in record["stored"]
    with speaking(CHINESE):
        told = ToldFinding.of(record)
    assert told.message == record["message"]
    assert told.cure == "--epochs 20；或者 增加数据"


def test_older_runs_show_their_stored_message():
    with speaking(CHINESE):
        told = ToldFinding.of({"code": "x", "severity": "info", "message": "A.", "cure": "B"})
    assert (told.message, told.cure, told.shown_severity) == ("A.", "B", "提示")


WIDE = {"one": "{number:>999999999}", "many": "{number:>999999999}", "number": 1}


@pytest.mark.parametrize(
    "data",
    [
        {"message": "{a.__class__}", "values": {"a": {"message": "x", "values": {}}}},
        {"message": "{a:>99999999999}", "values": {"a": 1}},
        {"message": FEW, "values": {}},
        {"message": FEW, "values": {"times": WIDE, "few": 1}},
        {"message": FEW, "values": {"times": {"message": 3, "values": []}, "few": 1}},
        {"message": ["a"], "values": {}},
        {"cure": {}, "note": "{0}"},
        {"call": 1, "arguments": [1], "settings": {}},
        {"joined": 1, "separator": 2},
        {"option": 1, "value": 2},
        {"one": "{number:,} row", "many": "{number:,} rows", "number": "x"},
        {"one": "{number:,} row", "many": "{number:,} rows", "number": None},
        {"joined": ["a"], "separator": None},
        {},
        [],
        "text",
        None,
    ],
)
def test_data_not_written_by_kbert_keeps_the_stored_message(data):
    for surface in (CHINESE, FlagWords()):
        with speaking(surface):
            assert worded_again(data, "as recorded") == "as recorded"
