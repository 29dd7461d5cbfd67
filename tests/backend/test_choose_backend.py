"""Which backend is chosen, tested without Keras: stand-ins set what is installed."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from types import SimpleNamespace

import pytest

from kbert.backend.choose_backend import BACKENDS, alternatives, choose_backend, import_keras
from kbert.errors import InputError, KbertError


@pytest.fixture
def world(monkeypatch, tmp_path):
    """Set the installed backends, $KERAS_BACKEND, keras.json, and the backend already running."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    def set_up(*, installed=BACKENDS, variable=None, keras_json=None, running=None):
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name: name if name in installed else None
        )
        monkeypatch.delitem(sys.modules, "keras", raising=False)
        if running:
            backend = SimpleNamespace(backend=lambda: running)
            monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(backend=backend))
        monkeypatch.setenv("KERAS_BACKEND", variable or "")
        if keras_json is not None:
            (tmp_path / "keras.json").write_text(keras_json)

    return set_up


@pytest.mark.parametrize(
    ("wanted", "facts", "passed_over"),
    [
        (None, {}, ["tensorflow", "jax"]),
        (None, {"installed": ("tensorflow", "torch")}, ["tensorflow"]),
        (None, {"installed": ("tensorflow", "jax")}, ["jax"]),
        (None, {"keras_json": '{"backend": "tensorflow"}'}, ["tensorflow", "jax"]),
        (None, {"installed": ("torch",)}, []),
        ("tensorflow", {}, []),
        (None, {"variable": "tensorflow"}, []),
        (None, {"running": "torch"}, []),
        (None, {"keras_json": '{"backend": "torch"}'}, []),
        (None, {"keras_json": '{"backend": "torch"}', "installed": ("jax",)}, []),
    ],
    ids=str,
)
def test_alternatives_if_no_backend_was_named(wanted, facts, passed_over, world):
    world(**facts)
    assert alternatives(wanted) == passed_over


@pytest.mark.parametrize(
    ("wanted", "facts", "chosen"),
    [
        (None, {}, "torch"),
        (None, {"installed": ("torch", "jax")}, "torch"),
        (None, {"installed": ("tensorflow", "jax")}, "tensorflow"),
        (None, {"installed": ("jax",)}, "jax"),
        (None, {"keras_json": '{"backend": "jax"}'}, "jax"),
        (None, {"keras_json": '{"backend": "tensorflow"}'}, "torch"),
        (None, {"installed": ("torch",)}, "torch"),
        (None, {"keras_json": '{"backend": "torch"}'}, "torch"),
        (None, {"keras_json": '{"backend": "torch"}', "installed": ("jax",)}, "jax"),
        (None, {"keras_json": '{"backend": "openvino"}'}, "torch"),
        (None, {"keras_json": '{"backend": 3}'}, "torch"),
        (None, {"keras_json": "[]"}, "torch"),
        (None, {"keras_json": "{"}, "torch"),
        (None, {"variable": "jax", "keras_json": '{"backend": "torch"}'}, "jax"),
        (None, {"running": "torch", "variable": "jax"}, "torch"),
        ("torch", {"variable": "jax", "keras_json": '{"backend": "jax"}'}, "torch"),
        ("jax", {"running": "jax", "variable": "torch"}, "jax"),
    ],
    ids=str,
)
def test_the_choice(wanted, facts, chosen, world):
    world(**facts)
    assert choose_backend(wanted) == chosen
    assert os.environ["KERAS_BACKEND"] == chosen


@pytest.mark.parametrize(
    ("wanted", "facts", "held"),
    [
        ("numpy", {}, "one of tensorflow, jax, torch. Received: 'numpy'"),
        (None, {"variable": "openvino"}, "Received: 'openvino'"),
        (None, {"variable": "pytorch"}, "Received: 'pytorch'. Did you mean 'torch'"),
        (None, {"installed": ()}, "pip install '.[tensorflow]', in a clone of kbert"),
        (
            "torch",
            {"installed": ("jax",)},
            'pip install torch, or backend="jax"',
        ),
        ("torch", {"installed": ()}, "pip install '.[torch]', in a clone of kbert$"),
        (None, {"variable": "jax", "installed": ("torch",)}, "The backend jax is not installed"),
        ("jax", {"running": "torch"}, "already runs on torch .* Set KERAS_BACKEND=jax before"),
    ],
    ids=str,
)
def test_the_refusals(wanted, facts, held, world):
    world(**facts)
    before = os.environ["KERAS_BACKEND"]
    with pytest.raises(KbertError, match=held.replace("[", r"\[")):
        choose_backend(wanted)
    assert os.environ["KERAS_BACKEND"] == before


@pytest.mark.parametrize("fails", [False, True], ids=["import", "failed import"])
def test_start_up_notes_are_shown_only_when_the_import_fails(fails, tmp_path):
    keras = "import os, types; ops = types.SimpleNamespace(zeros=lambda shape: os.write(2, b'Z'))\n"
    keras += "backend = types.SimpleNamespace(backend=lambda: 'torch')\n"
    (tmp_path / "keras.py").write_text(keras + "os.write(2, b'note')\n")
    (tmp_path / "keras_hub.py").write_text("raise ImportError('none')\n" if fails else "")
    program = """
import os, sys
sys.path.insert(0, sys.argv[1])
from kbert.backend.choose_backend import import_keras
try:
    import_keras()
except ImportError as error:
    print(error)
os.write(2, b"|behind")
print(os.environ["TF_CPP_MIN_LOG_LEVEL"])
"""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path], env=environment, capture_output=True, text=True
    )
    expected = ("none\n1\n", "note|behind") if fails else ("1\n", "|behind")
    assert (done.stdout, done.stderr) == expected


def test_keras_json_of_the_home_folder(world, monkeypatch, tmp_path):
    world()
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text(json.dumps({"backend": "jax"}))
    assert choose_backend() == "jax"


def test_unwritable_temporary_files_come_with_a_cure(monkeypatch):
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/nowhere"])
    monkeypatch.setattr(tempfile, "tempdir", None)
    message = (
        "Temporary files cannot be written anywhere: .*/nowhere.*Cure: set the variable TMPDIR"
    )
    with pytest.raises(InputError, match=message):
        import_keras()
