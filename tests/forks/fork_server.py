"""Servers that fork processes for all of pytest's workers, each started when it is first needed."""

import os
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent

# keras-hub and Keras import every installed backend, which takes longer than everything else.
_ON_TORCH = """
import sys
sys.modules |= {"tensorflow": None, "jax": None}
import keras_hub, torch, kbert.models.bert_classifier
"""
_ON_TENSORFLOW = """
import sys
sys.modules |= {"jax": None}
import tensorflow, keras_hub, kbert.models.bert_classifier
"""
# The backend of each server, and what it imports: nothing that starts threads, as onnxruntime and
# openvino do, since a forked process has only the thread that forks.
SERVERS = {
    "runs": (
        "torch",
        f"{_ON_TORCH}\nimport kbert.cli.main, kbert.runs.run_callbacks, kbert.runs.train",
    ),
    "tensorflow runs": (
        "tensorflow",
        f"{_ON_TENSORFLOW}\nimport kbert.cli.main, kbert.runs.run_callbacks, kbert.runs.train",
    ),
    "torch writers": ("torch", f"{_ON_TORCH}\nimport onnxscript, kbert.exports.formats.onnx"),
    "tensorflow writers": ("tensorflow", f"{_ON_TENSORFLOW}\nimport kbert.exports.formats.litert"),
    "readers": (
        "torch",
        """
import torch, transformers, kbert.exports.formats.huggingface
transformers.AutoModelForSequenceClassification, transformers.BertForSequenceClassification
transformers.AutoTokenizer, transformers.BertTokenizerFast
""",
    ),
}


@cache
def address(name):
    """Return the address of a server; tests/conftest.py names the folder, which is shared."""
    import fcntl

    folder = Path(os.environ["KBERT_TEST_FORKS"])
    path = folder / name
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _start(name, path)
    return str(path)


def _start(name, path):
    """Start a server, which ends with the process that started pytest's workers."""
    keeper = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    backend, imports = SERVERS[name]
    changes = {"KERAS_BACKEND": backend, "PYTHONUNBUFFERED": "1"}
    changes |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        subprocess.run(
            [sys.executable, _HERE / "server.py", str(listener.fileno()), str(keeper), imports],
            pass_fds=[listener.fileno()],
            env={**os.environ, **changes},
            stdin=subprocess.DEVNULL,
            check=True,
        )


def command(name, code, *arguments):
    """Return the command of a process that runs some code, forked by a server."""
    client = [sys.executable, "-I", "-S", str(_HERE / "client.py")]
    return [*client, address(name), code, *arguments]
