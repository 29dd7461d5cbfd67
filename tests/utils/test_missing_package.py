import subprocess
import sys

import pytest

from kbert.utils.missing_package import missing_package


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("sklearn", "The package scikit-learn is not installed: pip install scikit-learn"),
        ("sklearn.metrics", "The package scikit-learn is not installed: pip install scikit-learn"),
        ("keras_hub.models", "The package keras_hub is not installed; it comes with a backend."),
        ("pyarrow", "Install one: pip install 'keras-kbert[tensorflow]'"),
    ],
)
def test_what_to_install(module, told):
    assert told in missing_package(module)


@pytest.mark.parametrize("module", [None, "", "pandas", "my_module"])
def test_other_packages_are_not_ours(module):
    assert missing_package(module) is None


def test_python_says_it_too():
    code = "import sys; sys.modules['keras'] = None; import kbert; kbert.BertClassifier"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: kbert.BertClassifier: The package keras is not")
    assert "pip install 'keras-kbert[tensorflow]'" in last
