"""The hand-written pages, and the blocks of code and commands in them."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GENERATED = {"notebooks", "reference"}
SITE = sorted(
    path for path in DOCS.rglob("*.md") if path.relative_to(DOCS).parts[0] not in GENERATED
)
PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *SITE]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its language, its code, and the line at which it begins."""

    language: str
    code: str
    line: int

    @property
    def file(self):
        """The file name given by a comment in the first line, or None."""
        match = re.match(r"# (\w+\.py)\n", self.code)
        return match and match[1]


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def blocks(path, *languages):
    """Return the blocks of a page in these languages, or all."""
    text = path.read_text(encoding="utf-8")
    return [
        Block(match[1], match[2], text.count("\n", 0, match.start()) + 1)
        for match in _FENCE.finditer(text)
        if not languages or match[1] in languages
    ]


def prose(path):
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def commands(block):
    """Return the commands of a block, each split into words as a shell does."""
    lines = block.code.replace("\\\n", " ").splitlines()
    return [words for words in (shlex.split(line, comments=True) for line in lines) if words]


def inline_commands(path):
    """Return the words of each `kbert VERB ...` in the running text of a page."""
    found = re.findall(r"`(kbert [a-z][^`]*)`", prose(path))
    return [shlex.split(text.replace("\n", " ")) for text in found]
