"""Every verb refuses a file with the same message, the same cure and status 2."""

from pathlib import Path

import pytest

from kbert.cli.main import main

MODEL = str(Path(__file__).parents[1] / "data" / "formats" / "0.1" / "run")
VERBS = {
    "inspect": ["inspect", "FILE"],
    "train": ["train", "FILE"],
    "train --dev": ["train", "GOOD", "--dev", "FILE"],
    "train --test": ["train", "GOOD", "--test", "FILE"],
    "plan": ["plan", "FILE"],
    "predict": ["predict", MODEL, "FILE"],
    "evaluate": ["evaluate", MODEL, "FILE"],
}
GOOD = "text,label\n" + "A fine film.,good\nA dull film.,bad\n" * 20
FILES = {
    "cp1252": ("a.csv", GOOD.replace("fine", "très bon").encode("cp1252"), "--encoding cp1252"),
    "gb18030": ("a.csv", GOOD.replace("fine", "很好").encode("gb18030"), "--encoding gb18030"),
    "UTF-16": ("a.csv", GOOD.encode("utf-16"), "--encoding utf-16"),
    "tabs": ("a.csv", GOOD.replace(",", "\t").encode(), "--format tsv"),
    "semicolons": ("a.csv", GOOD.replace(",", ";").encode(), "--delimiter ';'"),
    "a workbook": ("a.xls", b"PK\3\4", "in Excel, save it as CSV UTF-8"),
    "a broken workbook": ("a.xlsx", b"PK\3\4", "it may be incomplete"),
    "a title": ("a.csv", b"Reviews,\n" + GOOD.encode(), "delete the lines above the header"),
}


def run(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        main(arguments)
    printed = capsys.readouterr()
    return left.value.code, printed.err


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("skip", [False, True])
def test_every_verb_refuses_with_the_same_message(verb, kind, skip, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    name, data, cure = FILES[kind]
    Path(name).write_bytes(data)
    Path("good.csv").write_text(GOOD, encoding="utf-8")
    arguments = [{"FILE": name, "GOOD": "good.csv"}.get(word, word) for word in VERBS[verb]]
    if skip:
        arguments += ["--on-bad-row", "skip"]
    if verb == "train --dev":
        arguments += ["--allow", "dev-overlap"]
    status, err = run(arguments, capsys)
    assert status == 2
    assert err.startswith(f"kbert: {name}")
    assert f"Cure: {cure}" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("verb", ["inspect", "train", "plan", "evaluate"])
def test_only_predict_reads_standard_input(verb, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = {"evaluate": ["evaluate", MODEL, "-"]}.get(verb, [verb, "-"])
    status, err = run(arguments, capsys)
    assert status == 2
    assert err.startswith("kbert: Only ")
    assert (
        "kbert predict MODEL reads standard input; other commands read a file more than once. "
        "Cure: save it to a f" in err
    )


def test_a_delimiter_may_be_a_hyphen(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(GOOD.replace(",", "-"), encoding="utf-8")
    assert run(["inspect", "a.csv", "--delimiter=-"], capsys) == (0, "")
