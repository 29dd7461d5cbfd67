"""Parser errors are one sentence on standard error, in kbert's own words."""

import pytest

from kbert.cli.app import VERBS
from kbert.cli.main import main


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """A function that runs a command line and returns its error message."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_BACKEND", "torch")  # otherwise kbert says which one it uses

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        out, err = capsys.readouterr()
        assert (end.value.code, out, err.count("\n")) == (2, "", 1)
        assert err.startswith("kbert: ")
        return err.removeprefix("kbert: ").rstrip()

    return run


# The arguments that each verb requires.
NEEDED = {
    **{"demo": [], "inspect": ["d.csv"], "plan": ["d.csv"], "train": ["d.csv"], "resume": ["run"]},
    **{"continue": ["run", "d.csv"], "evaluate": ["run", "d.csv"], "predict": ["run", "d.csv"]},
    **{"import": ["a", "--output", "b"], "presets": []},
    **{"pretrain": ["t.txt"], "report": ["run"], "compare": ["run"], "errors": ["run", "d.csv"]},
    **{"explain": ["run", "text"], "serve": ["run"], "lr-find": ["d.csv"], "sweep": ["d.csv"]},
    "tokens": ["d.csv", "--output", "b"],
    "export": ["run", "--output", "b", "--format", "onnx"],
}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_names_unexpected_arguments(verb, refused):
    needed = NEEDED[verb]
    assert refused(verb, *needed, "--verbos").startswith(
        f"{verb} has no option --verbos. Did you mean --verbose?"
    )
    assert refused(verb, *needed, "--xyzzy=3").startswith(f"{verb} has no option --xyzzy. Cure: ")
    assert refused(verb, *needed, "--xyzzy").endswith(f" {verb} --help")
    if verb not in ("report", "compare"):  # which take any number of runs
        assert refused(verb, *needed, "third").startswith(f"{verb} takes ")
        assert "eceived: 'third'" in refused(verb, *needed, "third")
        assert refused(verb, *needed, "--quiet", "maybe") == (
            "--quiet takes no value. Received: 'maybe'. Cure: --quiet"
        )
    assert refused(verb, *needed, "--quiet=maybe") == (
        "--quiet must be true or false. Received: 'maybe'"
    )


@pytest.mark.parametrize("verb", [verb for verb, needed in NEEDED.items() if needed])
def test_every_verb_names_a_missing_argument(verb, refused):
    if verb == "plan":  # which also takes a number of rows
        return
    sentence = refused(verb)
    assert sentence.startswith(f"{verb} needs ")
    assert f" {verb} " in sentence.partition("Cure: ")[2]


COMMANDS = (
    "demo, inspect, plan, lr-find, tokens, pretrain, train, sweep, resume, continue, evaluate, "
    "predict, serve, report, compare, errors, explain, import, export, presets."
)
SENTENCES = {
    "train d.csv --epochs": "--epochs needs a whole number, and nothing follows it.",
    "train d.csv --recipe": "--recipe needs one of recommended, fast, best, "
    "google, few-shot, and nothing follows it.",
    "train d.csv --output -x": "--output needs a value. Received: -x. "
    "Cure: --output=-x, if that is the value",
    "train d.csv --output --epochs 3": "--output needs a value. Received: --epochs. "
    "Cure: --output=--epochs, if that is the value",
    "train d.csv --epochs=": "--epochs must be a whole number. Received: ''",
    "train d.csv --learning-rate 1,5": "--learning-rate must be a number. Received: '1,5'",
    "train d.csv --header=maybe": "--header must be true or false. Received: 'maybe'",
    "train d.csv --header maybe": "--header takes no value. Received: 'maybe'. "
    "Cure: --header or --no-header",
    "train d.csv --epochs 3 --epochs 4": "--epochs is given more than once; "
    "the last value is '4'. Cure: keep one of them",
    "train d.csv --allow a b": "--allow takes one value each time it is given. Received "
    "another: 'b'. Cure: --allow a --allow b",
    "train my file.csv": "train takes DATA and no other argument. Also received: 'file.csv'. "
    "Cure: put an option before its value, and quotes around what contains spaces",
    "export run --format ONNX --output b": "--format must be one of huggingface, google, keras, "
    "keras-hub, saved_model, onnx, openvino, litert, torch. Received: 'ONNX'. "
    "Did you mean 'onnx'?",
    "predict a b -O c": "predict has no option -O. Did you mean --output or --on-bad-row?",
    "import a --ouput b": "import has no option --ouput. Did you mean --output?",
    "import a --output b --lowercase maybe": "--lowercase takes no value. Received: 'maybe'. "
    "Cure: --lowercase or --no-lowercase",
    "--hepl": "There is no command '--hepl'. Did you mean --help? Commands: " + COMMANDS,
    "-q train d.csv": "A command was expected before any option. Received: '-q'. Commands: "
    + COMMANDS,
    "--help nothing": "There is no command 'nothing'. Commands: " + COMMANDS,
}


@pytest.mark.parametrize("line", SENTENCES)
def test_error_messages(line, refused):
    assert refused(*line.split()) == SENTENCES[line]


def test_a_file_that_looks_like_a_flag_may_follow_two_dashes(refused):
    assert refused("train", "--", "-x.csv").startswith("There is no file -x.csv")


@pytest.mark.parametrize("verb", ["inspect", "plan", "train", "evaluate", "predict", "continue"])
def test_several_files_suggest_quoting_the_pattern(verb, refused, tmp_path):
    (tmp_path / "my data").mkdir()
    for name in "abcd":
        (tmp_path / "my data" / f"{name}.csv").touch()
    before = ["run"] if verb in ("evaluate", "predict", "continue") else []
    files = [f"my data/{name}.csv" for name in "abcd"]
    sentence = refused(verb, *before, *files)
    assert "Received 4 files: my data/a.csv, my data/b.csv, my data/c.csv, ..." in sentence
    assert sentence.endswith(
        "put the pattern in quotes, so that the shell does not expand it: 'my data/*.csv'"
    )
    if verb in ("inspect", "plan", "train"):
        assert "put the pattern in quotes" in refused(verb, files[0], "--dev", *files[1:])
