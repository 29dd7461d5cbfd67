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
        return worded("The package scikit-learn is not installed: pip install scikit-learn")
    if package in SERVER_PACKAGES:
        return worded(
            "The package {package} is not installed. A server needs: pip install fastapi uvicorn "
            "prometheus-client",
            package=package.replace("_", "-"),
        )
    if package not in TRAIN_PACKAGES:
        return None
    return worded(
        "The package {package} is not installed; it comes with a backend. Install one: pip "
        "install 'keras-kbert[tensorflow]' (or keras-kbert[jax], keras-kbert[torch])",
        package=package,
    )
