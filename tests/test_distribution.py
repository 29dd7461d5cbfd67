"""The distribution is called keras-kbert: on PyPI, kbert is somebody else's package."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FOLDERS = ("kbert", "docs", "notebooks", "tools", "benchmarks", "requirements", ".ci")
SUFFIXES = {"", ".md", ".py", ".ipynb", ".toml", ".txt", ".pyi"}
# `kbert` as a requirement: not inside another name or a path, and perhaps with extras or a version.
# keras-kbert is on no index either, as long as README.md says so.
BARE = re.compile(r"(?<![\w./-])(keras-)?kbert(\[|[=<>~!]=|(?=[\s'\"`)]|$))")


def documents():
    """Yield every file that may say what to install."""
    yield from (path for path in sorted(ROOT.iterdir()) if path.is_file())
    for folder in FOLDERS:
        yield from (path for path in sorted((ROOT / folder).rglob("*")) if path.is_file())


def installs(text):
    """Return the arguments of `pip install`, even if a message is split over several lines."""
    joined = re.sub(r"\"\s*\n\s*f?\"", "", text)
    return re.findall(r"pip(?: --?[\w-]+)* install([^\n`;|&]*)", joined)


def test_the_names():
    assert PROJECT["name"] == "keras-kbert"
    assert PROJECT["scripts"] == {"kbert": "kbert.__main__:main"}


def test_no_file_says_to_install_kbert_from_an_index():
    told = []
    for path in documents():
        if path.suffix in SUFFIXES:
            text = path.read_text(encoding="utf-8")
            lines = [line for line in installs(text) if BARE.search(line)]
            told += [(str(path.relative_to(ROOT)), line) for line in lines]
            told += [
                (str(path.relative_to(ROOT)), x) for x in re.findall(r"(?<![\w-])kbert\[", text)
            ]
    assert told == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pip install kbert", True),
        ("pip install 'kbert[jax]'", True),
        ("pip install -U kbert==1.0", True),
        ('"pip install "\n    "\'kbert[plot]\'"', True),
        ("pip install 'keras-kbert[jax]'", True),
        ("pip install ./kbert", False),
        ("pip install '.[jax]'", False),
    ],
)
def test_the_search_finds_it(text, found):
    assert any(map(BARE.search, installs(text))) == found
