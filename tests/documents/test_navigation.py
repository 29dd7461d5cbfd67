"""The navigation has every page, and the reference has every public name, verb and flag."""

import re
import tomllib

from documents.pages import DOCS, ROOT, SITE

import kbert
from kbert.cli.app import VERBS, app
from tools.docs_site.command_reference import command_pages
from tools.docs_site.notebook_pages import write_notebook_pages
from tools.docs_site.python_reference import PARTS, names_by_part, python_pages

CONFIG = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]


def pages_in(navigation):
    for entry in navigation:
        if isinstance(entry, str):
            yield entry
        else:
            for inside in entry.values():
                yield from [inside] if isinstance(inside, str) else pages_in(inside)


def test_the_navigation_has_every_page_once():
    found = list(pages_in(CONFIG["nav"]))
    pages = [name for name in found if name.endswith(".md")]
    assert sorted(pages) == sorted(path.relative_to(DOCS).as_posix() for path in SITE)
    folders = {name for name in found if not name.endswith(".md")}
    assert folders == {"notebooks/", "reference/commands/", "reference/python/"}


def test_every_page_begins_with_its_title():
    for path in SITE:
        assert path.read_text("utf-8").startswith("# "), path


def test_the_reference_has_every_public_name_once():
    parts = names_by_part()
    assert sorted(name for names in parts.values() for name in names) == sorted(kbert.__all__)
    text = "".join(python_pages().values())
    named = re.findall(r"^::: kbert\.(\w+)$", text, re.MULTILINE)
    assert sorted(named) == sorted([*kbert.__all__, "plots"])
    assert all(parts[part] for part in PARTS)


def test_the_reference_has_every_verb_with_its_flags():
    pages = command_pages()
    assert list(pages) == [f"{verb}.md" for verb in VERBS]
    for verb in VERBS:
        text = pages[f"{verb}.md"]
        assert text.startswith(f"# kbert {verb}\n")
        assert re.search(rf"^kbert {verb} .*\[OPTIONS\]", text, re.MULTILINE)
        for argument in app[verb].assemble_argument_collection():
            for flag in argument.names:
                assert argument.parameter.help is None or f"{flag}" in text, flag


def test_a_notebook_page_shows_its_output_and_plots(tmp_path):
    titles = write_notebook_pages(ROOT / "notebooks", tmp_path)
    assert len(titles) == len(list((ROOT / "notebooks").glob("*.ipynb")))
    text = (tmp_path / "01_quickstart.md").read_text("utf-8")
    assert text.startswith(f"# {titles['01_quickstart.md']}\n")
    assert "```text\nTraining plan" in text
    [plot] = re.findall(r"!\[.*\]\((.*)\)", text)
    assert (tmp_path / plot).read_bytes().startswith(b"\x89PNG")
