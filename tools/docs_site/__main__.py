"""Write the generated pages into docs/, and build the site: `python -m tools.docs_site`.

The pages of the reference come from the docstrings and from the program's own options; those of
the notebooks come from the notebooks. git ignores all of these pages.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from tools.docs_site.command_reference import command_pages
from tools.docs_site.notebook_pages import write_notebook_pages
from tools.docs_site.python_reference import python_pages

ROOT = Path(__file__).parents[2]


def write_pages(docs: Path) -> None:
    """Write all generated pages into a folder of documents, each group with its navigation."""
    for group, pages in (("python", python_pages()), ("commands", command_pages())):
        folder = _empty(docs / "reference" / group)
        for name, text in pages.items():
            (folder / name).write_text(text, encoding="utf-8")
        titles = {name: text.splitlines()[0].removeprefix("# ") for name, text in pages.items()}
        _write_navigation(folder, titles)
    folder = _empty(docs / "notebooks")
    _write_navigation(folder, write_notebook_pages(ROOT / "notebooks", folder))


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _write_navigation(folder: Path, titles: dict[str, str]) -> None:
    lines = [f"- [{title}]({name})" for name, title in titles.items()]
    (folder / "SUMMARY.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Build the site, or serve it with `--serve`; return the status of the program that does."""
    write_pages(ROOT / "docs")
    serve = "--serve" in arguments
    command = ["serve"] if serve else ["build", "--clean", "--strict"]
    status = subprocess.run([sys.executable, "-m", "zensical", *command], cwd=ROOT).returncode
    if status == 0 and not serve:
        print("The site is in site/: open site/index.html, or: make docs ARGS=--serve")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
