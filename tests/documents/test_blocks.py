"""Runs every block of code and every command in the pages, in the order of the page.

Each page gets a folder with the files and models that it names (`workspace.py`), and writes its own
files there. Commands run in this process, as `kbert.cli.main` runs them.
"""

import io
import shutil
import sys

import pytest
from documents.pages import PAGES, blocks, commands, name_of
from documents.workspace import reviews_config, write_data, write_presets
from kills import Killed, killed_after

from kbert import PlanGuard
from kbert.cli.app import app
from kbert.cli.main import main

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]  # the pages name no backend

# Commands with these words are parsed completely but not run, for the reason given.
PARSED = {
    "demo": "8,530 rows, and MiniLM",
    "plan --time": "it starts a process that trains",
    "export": "tests/exports writes and reopens every format",
    "sweep": "it starts a process for each run; tests/sweeps trains",
    "serve": "it runs until it is stopped; tests/serving/server starts and asks it",
    "import exports/keras-hub": "the export is not made here",
    "train --task xnli": "its files, of 392,702 rows",
    **dict.fromkeys(
        ("train --devices", "predict --devices", "evaluate --devices"), "it needs several devices"
    ),
    "train --coordinator": "it waits for another process",
    "train --report-to tensorboard,wandb,mlflow": "W&B and MLflow are not installed with the tests",
}
# Pages with blocks that need something the page does not create, and the test that runs them.
ELSEWHERE = {"docs/serving.md": "tests/serving/test_document.py"}
TRAINING = {"train", "resume", "continue"}
# Programs other than kbert; tests/documents/test_commands.py checks them.
OTHERS = {"pip", "make", "python", "uvicorn", "curl", "srun", "tensorflow_model_server"}


@pytest.fixture(scope="module")
def given(sentences, tmp_path_factory):
    """The folder of which each page gets a copy."""
    import kbert

    folder = tmp_path_factory.mktemp("given")
    write_data(folder, sentences)
    write_presets(folder, sentences)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("kbert.interop.minilm.MinilmWheel.path", folder / "bert-base-uncased")
        kbert.train(reviews_config("runs/reviews", epochs=3), verbose=0)
        for name in ("stopped", "half"):
            settings = reviews_config(f"runs/{name}", epochs=3, checkpoint_steps=3)
            with killed_after(60, folder / "runs" / name), pytest.raises(Killed):
                kbert.train(settings, verbose=0)
            assert (folder / "runs" / name / "checkpoints" / "last").exists()
        shutil.copytree("runs/reviews/model", "exports/reviews")
    return folder


@pytest.fixture
def folder(given, tmp_path, monkeypatch):
    folder = shutil.copytree(given, tmp_path / "page")
    monkeypatch.chdir(folder)
    monkeypatch.setattr("kbert.interop.minilm.MinilmWheel.path", folder / "bert-base-uncased")
    return folder


def made_by(page):
    """Return the output folders of those commands of a page that are run."""
    every = [words for block in blocks(page, "bash") for words in commands(block)]
    every = [words for words in every if words[0] == "kbert" and not is_parsed(words[1:])]
    return {words[at + 1] for words in every for at, w in enumerate(words) if w == "--output"}


class FirstStep(BaseException):
    """A step has run: data, settings, plan, model, loss and weights are in order."""


def until_its_first_step(*arguments, **named):
    raise FirstStep


def run_of(words):
    """Return the folder that a training command writes to."""
    if "--output" in words:
        return words[words.index("--output") + 1]
    return words[2] if words[1] == "resume" else "runs/reviews-1"


def is_used(output, later):
    """Whether the rest of a page uses what a command writes."""
    run = [words for words in later if words[0] != "kbert" or not is_parsed(words[1:])]
    return any(output in word for words in run for word in words)


def run_command(words, later, monkeypatch):
    """Run a command as a shell would, with the output of `echo` as its input if there is one.

    Training ends after its first step if the rest of the page does not use the run.
    """
    said = None
    if words[0] == "echo":
        said, words = words[1], words[words.index("|") + 1 :]
    assert words[0] == "kbert", f"a program that is not known: {words[0]}"
    arguments = words[1:]
    if is_parsed(arguments):
        app.parse_args(arguments)
        return
    if said is not None:
        stream = io.TextIOWrapper(io.BytesIO(f"{said}\n".encode()), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", stream)
    with monkeypatch.context() as patch:
        if arguments[0] in TRAINING and not is_used(run_of(words), later):
            patch.setattr(PlanGuard, "on_train_batch_end", until_its_first_step)
        with pytest.raises((SystemExit, FirstStep)) as end:
            main(arguments)
    if not isinstance(end.value, FirstStep):
        # A plan that has ended is shown with the exit status of an error.
        status = 2 if "--global-step" in arguments else 0
        assert end.value.code == status, f"kbert {' '.join(arguments)}"


def is_parsed(arguments):
    return any(set(words.split()) <= set(arguments) for words in PARSED)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "bash", "python")], ids=name_of
)
def test_the_blocks_of_a_page_run(page, folder, monkeypatch):
    for path in made_by(page):
        shutil.rmtree(path, ignore_errors=True)
    every = blocks(page, "bash", "python")
    later = [
        words
        for block in every
        for words in (commands(block) if block.language == "bash" else [block.code.split()])
    ]
    scope = {}
    for block in every:
        if block.language == "bash":
            for words in commands(block):
                later.pop(0)
                if words[0] not in OTHERS:
                    run_command(words, later, monkeypatch)
            continue
        later.pop(0)
        if name_of(page) not in ELSEWHERE:
            code = compile("\n" * block.line + block.code, str(page), "exec")
            exec(code, scope)
            if file := block.file:
                (folder / file).write_text(block.code, encoding="utf-8")
