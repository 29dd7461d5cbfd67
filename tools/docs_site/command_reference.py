"""The reference of the command line: a page for each verb, as the program itself declares it."""

import re
from functools import cache

from kbert.cli.app import VERBS, app
from kbert.cli.main import main  # noqa: F401 (each verb adds itself)


@cache
def command_pages() -> dict[str, str]:
    """Return the text of each verb's page by its file name, in the order of `kbert --help`."""
    return {f"{verb}.md": _page(verb) for verb in VERBS}


def _page(verb: str) -> str:
    text = app[verb].generate_docs(usage_name="PROGRAM")
    # The words after the program's name show how Python was started to write this page.
    text = re.sub(r"PROGRAM( -m \S+)?", f"kbert {verb}", text).replace("```console\n", "```text\n")
    text = re.sub(r"\A# .*", f"# kbert {verb}", text)
    # A group of options is a section, with an anchor; an option is one line.
    text = re.sub(r"^\*\*(.+)\*\*:$", r"## \1", text, flags=re.MULTILINE)
    return re.sub(r"\n {5,}(?=\S)", " ", text)
