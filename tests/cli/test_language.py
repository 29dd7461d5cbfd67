"""The language of the command line."""

import json
import re

import pytest

from kbert.cli.language import catalogue
from kbert.cli.main import main

CHINESE = re.compile("[\u4e00-\u9fff]")
# English that is not translated: flags and other code, paths, names of formats and products, units.
STAYS = re.compile(
    r"--?[\w-]+(=\S+)?|\S*[/\\.]\S*|'[^']*'|\b[A-Z][A-Z-]+\b|\b[A-Z]\w*[A-Z]\w*\b|\[[^\]]*\]|\w+_\w+"
)
ENGLISH = re.compile(r"\b(?:the|of|is|are|and|with|to|in|for|has|have|not|that|by|was|be|or)\b")


@pytest.fixture(autouse=True)
def no_locale(monkeypatch):
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments)])
    out, err = capsys.readouterr()
    return ended.value.code, out, err


def speaks(arguments):
    return catalogue(arguments).gettext("Commands")


@pytest.mark.parametrize(
    ("variables", "arguments", "expected"),
    [
        ({}, [], "Commands"),
        ({"LANG": "zh_CN.UTF-8"}, [], "命令"),
        ({"LC_ALL": "zh_TW.UTF-8"}, [], "命令"),
        ({"LC_MESSAGES": "zh_CN"}, [], "命令"),
        ({"LANG": "de_DE.UTF-8"}, [], "Commands"),
        ({"LANG": "C.UTF-8"}, [], "Commands"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, [], "Commands"),
        ({}, ["plan", "--lang", "zh"], "命令"),
        ({}, ["plan", "--lang=zh", "a.csv"], "命令"),
        ({"LANG": "zh_CN.UTF-8"}, ["plan", "--lang", "en"], "Commands"),
        ({"LANG": "zh_CN.UTF-8"}, ["plan", "--lang"], "命令"),
        ({"LANG": "zh_CN.UTF-8"}, ["plan", "--lang", "fr"], "命令"),
        ({"LANG": "zh_CN.UTF-8"}, ["plan", "--json"], "Commands"),
    ],
)
def test_the_language_comes_from_the_flag_or_the_locale(
    monkeypatch, variables, arguments, expected
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert speaks(arguments) == expected


def test_an_unknown_language_is_refused(capsys):
    status, _, err = run(capsys, "plan", "--examples", "100", "--lang", "fr")
    assert status == 2
    assert "--lang must be one of en, zh. Received: 'fr'" in err


@pytest.mark.parametrize("verb", [[], *([v] for v in ("train", "plan", "predict", "resume"))])
def test_help_is_translated(capsys, verb):
    status, out, _ = run(capsys, *verb, "--help", "--lang", "zh")
    assert status == 0
    assert "用法：" in out
    assert left_in_english(out) == []


def test_the_language_may_come_before_the_verb(capsys):
    status, out, _ = run(capsys, "--lang", "zh", "plan", "--examples", "1000")
    assert status == 0
    assert "训练计划" in out


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    rows = [f"这家店的菜很好吃{n},好评" for n in range(30)]
    rows += [f"服务太差了不会再来{n},差评 " for n in range(8)]
    rows += ["服务太差了不会再来0,差评", "这家店的菜很好吃0,差评", ",好评"]
    (folder / "评论.csv").write_text("\n".join(["内容,情感倾向", *rows]) + "\n", "utf-8")
    return folder / "评论.csv"


@pytest.mark.parametrize(
    "arguments",
    [
        ["inspect", "DATA"],
        ["inspect", "DATA", "--label-separator", "、"],
        ["plan", "--examples", "100"],
        ["plan", "--examples", "100", "--recipe", "google", "--batch-size", "7"],
        ["plan", "DATA", "--on-bad-row", "skip"],
        ["plan", "--google-flags", "--train_batch_size=8 --learning_rate=2", "--examples", "90"],
        ["presets"],
        ["plan", "DATA"],
        ["train", "DATA", "--label", "nothing"],
        ["train", "nothing.csv"],
        ["train"],
        ["nothing"],
        ["plan", "--epohcs", "3"],
        ["plan", "--examples", "x"],
        ["plan", "--examples", "0"],
        ["resume", "nothing"],
        ["evaluate", "nothing", "DATA"],
        ["export", "nothing", "--format", "onnx", "--output", "new"],
        ["report", "nothing"],
        ["compare", "nothing", "other"],
        ["compare", "nothing"],
    ],
    ids=" ".join,
)
def test_no_english_is_left(capsys, data, arguments):
    _, out, err = run(capsys, *(data if a == "DATA" else a for a in arguments), "--lang", "zh")
    told = out + err
    assert CHINESE.search(told)
    assert left_in_english(told) == []


def left_in_english(text):
    """The lines of a text that still contain a word of an English sentence."""
    return [line for line in text.splitlines() if ENGLISH.search(STAYS.sub("", line))]


def test_json_stays_english(capsys, data):
    _, out, _ = run(capsys, "inspect", data, "--json", "--lang", "zh")
    record = json.loads(out)
    told = [finding["message"] for finding in record["findings"]]
    assert told
    assert not any(CHINESE.search(re.sub(r"'[^']*'", "", text)) for text in told)
