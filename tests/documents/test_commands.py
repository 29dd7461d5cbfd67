"""What the pages say about commands, settings and other programs, without running any."""

import re
import tomllib

import pytest
from documents.pages import PAGES, ROOT, blocks, commands, inline_commands, name_of, prose

import kbert
from kbert.cli.app import VERBS, app
from kbert.cli.main import main  # noqa: F401 (each verb adds itself)

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
    "optional-dependencies"
]
# Flags of other programs that the pages mention.
FOREIGN = {
    *("--no-deps", "--require-hashes", "--index-url"),
    *("--rest_api_port", "--model_name", "--logdir"),
}


def flags_of(verb):
    arguments = app[verb].assemble_argument_collection()
    return {name for argument in arguments for name in argument.names}


FLAGS = {verb: flags_of(verb) for verb in VERBS}
EVERY_FLAG = set().union(*FLAGS.values()) | {"--install-completion", "--help", "--version"}


def is_command(words):
    """Whether a verb follows: `kbert VERB --help` names none."""
    return len(words) > 1 and words[1] in VERBS


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_in_the_text_use_known_verbs_and_flags(page):
    shown = [words for block in blocks(page, "text") for words in safe_commands(block)]
    for words in [*inline_commands(page), *shown]:
        if words[0] == "kbert" and is_command(words):
            flags = {word for word in words[2:] if re.match("--?[a-z]", word)}
            assert flags <= FLAGS[words[1]] | {"--help"}, words
        elif words[0] == "kbert":
            assert words[1].isupper() or words[1].startswith("-"), words


def safe_commands(block):
    return [line.split() for line in block.code.splitlines() if line.startswith("kbert ")]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_flag_in_the_text_exists(page):
    named = {
        flag
        for code in re.findall(r"`([^`\n]+)`", prose(page))
        if not code.startswith(("pip ", "make ", "python -m "))
        for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]*(?![\w-])", code)
    }
    if page.name == "from-run_classifier.md":
        named = {flag for flag in named if flag in EVERY_FLAG}  # the others are the script's
    assert named - EVERY_FLAG - FOREIGN == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_make_targets_modules_and_extras_exist(page):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    every = [words for block in blocks(page, "bash") for words in commands(block)]
    for words in every:
        if words[0] == "make":
            targets = [word for word in words[1:] if "=" not in word]
            assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
        if words[0] == "python" and words[1] == "-m":
            assert (ROOT / words[2].replace(".", "/")).with_suffix(".py").exists()
    for extras in re.findall(r"(?:'\.|keras-kbert)\[([\w,]+)\]", page.read_text("utf-8")):
        assert set(extras.split(",")) <= set(EXTRAS)


def test_every_kbert_name_in_the_pages_exists():
    for page in PAGES:
        for name in re.findall(r"`kbert\.([A-Za-z_]\w*)", page.read_text("utf-8")):
            if name[0] != "j":  # kbert.json, of an export
                assert name in kbert.__all__ or hasattr(kbert, name), (page, name)
