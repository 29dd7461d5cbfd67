"""The suggested command if an argument is missing: what was typed, plus what is missing."""

import pytest

from kbert.cli.main import app
from kbert.cli.missing_argument import completed, name_of
from kbert.utils.command_name import command_name


def argument_of(verb, name):
    return next(a for a in app[verb].assemble_argument_collection() if name in a.names)


@pytest.fixture
def cure(tmp_path, monkeypatch):
    """A function that takes the missing name and a command line, and returns the suggestion."""
    monkeypatch.chdir(tmp_path)

    def complete(missing, verb, *typed):
        arguments = app[verb].assemble_argument_collection()
        line = str(completed(verb, argument_of(verb, missing), arguments, [verb, *typed]))
        assert line.startswith(f"{command_name()} ")
        return line.removeprefix(f"{command_name()} ")

    return complete


def test_names_match_the_help():
    assert name_of(argument_of("evaluate", "--data")) == "DATA"
    assert name_of(argument_of("export", "--model")) == "MODEL"
    assert name_of(argument_of("export", "--output")) == "--output"


def test_required_arguments_after_it_are_added_too(cure):
    assert cure("--source", "import") == "import SOURCE --output OUTPUT"
    assert cure("--data", "train", "-q") == "train -q DATA"
    assert cure("--model", "export") == ("export MODEL --output OUTPUT --format huggingface")


def test_an_optional_argument_is_added_alone(cure):
    assert cure("--data", "predict", "a", "--to", "jsonl") == "predict a --to jsonl DATA"


@pytest.mark.parametrize("given", [("--output", "b"), ("--output=b",)])
def test_given_arguments_are_not_asked_for_again(given, cure):
    line = " ".join(given)
    assert cure("--format", "export", "a", *given) == f"export a {line} --format huggingface"
    assert cure("--model", "export", *given, "--format=onnx") == (
        f"export {line} --format=onnx MODEL"
    )


def test_the_output_is_named_after_model_and_format(cure):
    assert cure("--output", "import", "a/b") == "import a/b --output models/b"
    assert cure("--output", "export", "runs/films", "--format", "onnx") == (
        "export runs/films --format onnx --output exports/films-onnx"
    )
    assert cure("--output", "export", "runs/films", "--format=keras") == (
        "export runs/films --format=keras --output exports/films.keras"
    )


def test_the_last_format_counts(cure):
    typed = ["--format", "onnx", "--format", "keras"]
    assert cure("--output", "export", "a", *typed).endswith("--output exports/a.keras")


@pytest.mark.parametrize("typed", [(), ("-q", "a"), ("--format", "onnx"), ("/",)])
def test_without_a_model_name_the_output_is_a_placeholder(typed, cure):
    assert cure("--output", "export", *typed).partition("--output ")[2].split()[0] == "OUTPUT"


def test_a_taken_path_is_not_suggested(cure, tmp_path):
    (tmp_path / "exports" / "a-onnx").mkdir(parents=True)
    (tmp_path / "exports" / "a.keras").touch()
    (tmp_path / "exports" / "a-1.keras").touch()
    (tmp_path / "models" / "b").mkdir(parents=True)
    (tmp_path / "models" / "b" / "vocab.txt").touch()
    assert cure("--output", "export", "a", "--format=keras").endswith(" exports/a-2.keras")
    assert cure("--output", "import", "b").endswith(" models/b-1")
    # An empty folder is free.
    assert cure("--output", "export", "a", "--format=onnx").endswith(" exports/a-onnx")


def test_the_suggestion_is_quoted_for_a_shell(cure):
    assert cure("--output", "export", "runs/my films", "--format", "onnx") == (
        "export 'runs/my films' --format onnx --output 'exports/my films-onnx'"
    )
