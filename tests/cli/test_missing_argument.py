"""What to type where an argument is missing: all that was typed, and what it lacks."""

import pytest

from kbert.cli.main import app
from kbert.cli.missing_argument import completed, name_of
from kbert.utils.command_name import command_name


def argument_of(verb, name):
    return next(a for a in app[verb].assemble_argument_collection() if name in a.names)


@pytest.fixture
def cure(tmp_path, monkeypatch):
    """A function of the name that is missing and of a command line, which returns what to type."""
    monkeypatch.chdir(tmp_path)

    def complete(missing, verb, *typed):
        arguments = app[verb].assemble_argument_collection()
        line = str(completed(verb, argument_of(verb, missing), arguments, [verb, *typed]))
        assert line.startswith(f"{command_name()} ")
        return line.removeprefix(f"{command_name()} ")

    return complete


def test_a_name_is_that_of_the_help():
    assert name_of(argument_of("evaluate", "--data")) == "DATA"
    assert name_of(argument_of("export", "--model")) == "MODEL"
    assert name_of(argument_of("export", "--output")) == "--output"


def test_the_required_ones_after_it_are_added_too(cure):
    assert cure("--source", "import") == "import SOURCE --output OUTPUT"
    assert cure("--data", "train", "-q") == "train -q DATA"
    assert cure("--model", "export") == ("export MODEL --output OUTPUT --format huggingface")


def test_one_that_need_not_be_given_is_added_alone(cure):
    assert cure("--data", "predict", "a", "--to", "jsonl") == "predict a --to jsonl DATA"


@pytest.mark.parametrize("given", [("--output", "b"), ("--output=b",)])
def test_what_is_given_is_not_asked_again(given, cure):
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
def test_without_a_name_of_a_model_the_output_is_a_word(typed, cure):
    assert cure("--output", "export", *typed).partition("--output ")[2].split()[0] == "OUTPUT"


def test_a_place_that_is_taken_is_not_proposed(cure, tmp_path):
    (tmp_path / "exports" / "a-onnx").mkdir(parents=True)
    (tmp_path / "exports" / "a.keras").touch()
    (tmp_path / "exports" / "a-1.keras").touch()
    (tmp_path / "models" / "b").mkdir(parents=True)
    (tmp_path / "models" / "b" / "vocab.txt").touch()
    assert cure("--output", "export", "a", "--format=keras").endswith(" exports/a-2.keras")
    assert cure("--output", "import", "b").endswith(" models/b-1")
    # An empty folder is free.
    assert cure("--output", "export", "a", "--format=onnx").endswith(" exports/a-onnx")


def test_a_shell_reads_what_was_typed(cure):
    assert cure("--output", "export", "runs/my films", "--format", "onnx") == (
        "export 'runs/my films' --format onnx --output 'exports/my films-onnx'"
    )
