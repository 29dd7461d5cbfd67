import os
import subprocess
import sys

import pytest

from kbert.backend.determinism import use_deterministic_kernels
from kbert.errors import KbertError


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("TF_DETERMINISTIC_OPS", "XLA_FLAGS", "CUBLAS_WORKSPACE_CONFIG"):
        monkeypatch.setenv(name, "")  # so that it is restored


@pytest.mark.parametrize("flags", ["", "--xla_dump_to=/dev/null"])
def test_other_flags_of_xla_are_kept(flags, monkeypatch):
    monkeypatch.delitem(sys.modules, "jax", raising=False)
    monkeypatch.setenv("XLA_FLAGS", flags)
    for _ in range(2):
        use_deterministic_kernels("jax")
        assert os.environ["XLA_FLAGS"] == f"{flags} --xla_gpu_deterministic_ops=true".strip()


@pytest.mark.parametrize(
    ("backend", "cure"),
    [
        ("jax", "XLA_FLAGS=--xla_gpu_deterministic_ops=true"),
        ("tensorflow", "TF_DETERMINISTIC_OPS=1"),
    ],
)
def test_refuses_once_the_backend_is_running(backend, cure, monkeypatch):
    monkeypatch.setitem(sys.modules, backend, None)
    with pytest.raises(
        KbertError, match=f"^{backend} is already running with other kernels. Set {cure} in the"
    ):
        use_deterministic_kernels(backend)


@pytest.mark.parametrize(
    ("backend", "question"),
    [
        (
            "tensorflow",
            "from tensorflow.python.framework.config import is_op_determinism_enabled as found",
        ),
        ("torch", "from torch import are_deterministic_algorithms_enabled as found"),
    ],
)
def test_the_backend_becomes_deterministic(backend, question):
    code = f"""
from kbert.backend.determinism import use_deterministic_kernels
use_deterministic_kernels("{backend}")
{question}
assert found()
"""
    subprocess.run([sys.executable, "-c", code], check=True, stderr=subprocess.DEVNULL)
