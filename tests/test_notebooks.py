from pathlib import Path

import keras
import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.keras

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
# Each runs on one backend, since what they call is tested on each; torch compiles nothing.
ELSEWHERE = {"01_quickstart": "tensorflow"}
HERE = [p for p in NOTEBOOKS if ELSEWHERE.get(p.stem, "torch") == keras.backend.backend()]


def test_there_are_notebooks():
    assert NOTEBOOKS, f"there is no notebook in {FOLDER}"


@pytest.mark.any_backend
@pytest.mark.slow
@pytest.mark.parametrize("path", HERE, ids=lambda path: path.stem)
def test_every_cell_runs(path, tmp_path, monkeypatch, request):
    """The kernel inherits the backend of this session; the notebook itself is left as it is."""
    if "import tensorflow" not in path.read_text(encoding="utf-8"):
        request.getfixturevalue("one_backend")
    monkeypatch.setenv("KBERT_NOTEBOOK_SHORT", "1")
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    assert cells
    for cell in cells:
        assert cell.execution_count
        assert not [output for output in cell.outputs if output.output_type == "error"]
    outputs = [output for cell in cells for output in cell.outputs]
    assert [output for output in outputs if "image/png" in output.get("data", {})]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_stored_with_its_outputs(path):
    """Executed from top to bottom, with a plot to see, and small enough to be read on the web."""
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert [output for output in outputs if "image/png" in output.get("data", {})]
    assert not [output for output in outputs if output.output_type == "error"]
    assert path.stat().st_size < 300_000
