"""Notebooks as pages: their text, code and stored outputs."""

import base64
from pathlib import Path
from typing import Any

import nbformat


def write_notebook_pages(notebooks: Path, folder: Path) -> dict[str, str]:
    """Write a page, and its plots, for each notebook; return the title of each page by its name."""
    titles = {}
    for path in sorted(notebooks.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        parts = []
        for number, cell in enumerate(notebook.cells):
            if cell.cell_type == "markdown":
                parts.append(cell.source)
                continue
            parts.append(f"```python\n{cell.source}\n```")
            printed = "".join(map(_printed, cell.outputs))
            if printed:
                parts.append(f"```text\n{printed.rstrip()}\n```")
            for image in _images(cell.outputs):
                plot = folder / f"{path.stem}-{number}.png"
                plot.write_bytes(image)
                parts.append(f"![What the cell above draws]({plot.name})")
        title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
        titles[f"{path.stem}.md"] = title
        (folder / f"{path.stem}.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return titles


def _printed(output: Any) -> str:
    """Return what an output shows as text, unless it is drawn."""
    if output.output_type == "stream":
        return str(output.text)
    data = output.get("data", {})
    return "" if "image/png" in data else f"{data.get('text/plain', '')}\n"


def _images(outputs: list[Any]) -> list[bytes]:
    found = [output.get("data", {}).get("image/png") for output in outputs]
    return [base64.b64decode(image) for image in found if image]
