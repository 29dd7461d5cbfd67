"""The processes of an export end with the process that started them."""

import os
import signal
import subprocess
import sys
import time

import pytest

from kbert.errors import InputError
from kbert.exports import writer_process

# A stand-in for a format's module: it loads, or writes, for a long time.
SLOW = """
import sys, time, types
from kbert.exports import child_process
from kbert.exports.formats import registry

def slow(*arguments):
    open(PATH, "w").write(str(__import__("os").getpid()))
    {work}

module = types.SimpleNamespace(write=slow, load_predict=slow)
registry.format_module = lambda format: module
import kbert.backend.choose_backend as chosen
chosen.import_keras = lambda: None
sys.modules["kbert.models.bert_classifier"] = types.SimpleNamespace(
    BertClassifier=types.SimpleNamespace(load=lambda path: None)
)
"""
PARENT = """
import sys
from pathlib import Path
from kbert.exports import child_process, reader_process, writer_process

task, code = sys.argv[1:]
run = code + "\\nchild_process." + task + "(*sys.argv[1:])"
start = lambda task, *arguments: [sys.executable, "-c", run, *arguments]
reader_process.command = writer_process.command = start
if task == "write":
    writer_process.write_program("onnx", "torch", Path("model"), Path("."), None, False)
else:
    reader_process.ReaderProcess("onnx", Path("x/y"), 8)(["a text"], None)
"""
WORK = {"waits": "time.sleep(100)", "keeps all threads waiting": "sum(iter(lambda: 1, 0))"}


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    assert condition()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.usefixtures("heard_signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("work", WORK)
@pytest.mark.parametrize("task", ["write", "read"])
def test_a_child_ends_with_its_parent(task, work, number, tmp_path):
    (tmp_path / "x").mkdir()
    file = tmp_path / "pid"
    code = SLOW.format(work=WORK[work]).replace("PATH", repr(str(file)))
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, task, code], cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: file.exists() and file.read_text())
        child = int(file.read_text())
        assert is_alive(child)
        parent.send_signal(number)
        parent.wait(60)
        wait_for(lambda: not is_alive(child))
    finally:
        parent.kill()
        parent.wait()
        if file.exists() and is_alive(int(file.read_text())):
            os.kill(int(file.read_text()), signal.SIGKILL)


def test_a_converter_s_temporary_files_are_beside_the_model(tmp_path, monkeypatch):
    run = "import sys, tempfile; sys.exit(tempfile.gettempdir())"
    monkeypatch.setattr(writer_process, "command", lambda *arguments: [sys.executable, "-c", run])
    model = tmp_path / "staging" / "model"
    model.mkdir(parents=True)
    (model / "model.safetensors").touch()
    with pytest.raises(InputError, match=f"could not be written by torch: {model.parent}$"):
        writer_process.write_program("onnx", "torch", model, tmp_path, None, False)
