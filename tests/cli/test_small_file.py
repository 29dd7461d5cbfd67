"""A file that is too small for the default plan: the suggested cure works as typed."""

import shlex

import pytest

from kbert.cli.main import main
from kbert.errors import InputError


@pytest.mark.parametrize("rows", [4, 12, 60, 90])
def test_the_suggested_cure_works(rows, sentences, tiny_preset, tmp_path, monkeypatch, capsys):
    def reached(prepared):
        raise InputError("It would be trained.")

    texts, labels = sentences
    half = rows // 2
    chosen = [*zip(texts, labels, strict=True)]
    chosen = chosen[:half] + chosen[-half:]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("kbert.runs.train.build_model", reached)
    table = "".join(f'"{text}",{label}\n' for text, label in chosen)
    (tmp_path / "my.csv").write_text(f"text,label\n{table}", encoding="utf-8")
    command = ["train", "my.csv", "--preset", str(tiny_preset), "--weights", "random"]
    command += ["--max-length", "64"]

    def said(*flags):
        with pytest.raises(SystemExit):
            main([*command, *flags])
        return capsys.readouterr().err

    refusal = said()
    cure = refusal.partition("Cure: ")[2].partition(". To continue")[0]
    assert refusal.startswith("kbert: The run changes the weights")
    settings, recipe = cure.split(", or ")
    recipe, note = recipe.split(", ")
    assert recipe == "--recipe few-shot"  # as README.md says
    assert note == "which is for up to 64 rows of each class"
    for flags in (settings, recipe):
        assert said(*shlex.split(flags)) == "kbert: It would be trained.\n"
