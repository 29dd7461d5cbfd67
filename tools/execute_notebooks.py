"""Execute notebooks in place, so that their outputs are those of the current code.

Usage: python tools/execute_notebooks.py NOTEBOOK...
"""

import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


def execute(path: Path) -> None:
    """Execute a notebook in the folder above its own, and store the outputs.

    Raises:
        CellExecutionError: a cell failed; the file is left unchanged.
    """
    notebook = nbformat.read(path, as_version=4)
    folder = path.resolve().parent.parent
    client = NotebookClient(
        notebook,
        timeout=1800,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,  # times would change the file on every execution
        extra_arguments=["--log-level=ERROR"],  # otherwise each kernel warns about TCP
    )
    client.execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if "outputs" in cell:  # start-up notes of the frameworks, which differ by machine
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
    nbformat.write(notebook, path)


def main(paths: list[str]) -> int:
    """Execute each notebook and return the exit status."""
    if not paths:
        print(__doc__, file=sys.stderr)
        return 2
    for path in paths:
        started = time.monotonic()
        try:
            execute(Path(path))
        except (CellExecutionError, OSError, nbformat.reader.NotJSONError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            return 1
        print(f"{path}: executed in {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
