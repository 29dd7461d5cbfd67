"""How real processes cope with faults of the machine and interruptions, on the fastest backend.

Kills are the job of tools/kill_runs.py and tools/ended_runs, which also run here in short form. At
the end a table is printed (conftest.py): the fault, the message, and what was intact afterwards.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import kbert
from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.errors import KbertError
from kbert.findings import Call
from tests.faults.forked_process import ForkedProcess

pytestmark = pytest.mark.faults

ROOT = Path(__file__).parents[2]
SETTINGS = [
    *("--weights", "random", "--checkpoint-steps", "5", "--baseline", "none"),
]


SMALL = ["--max-length", "8", "--batch-size", "4"]


class Process:
    """The command line in a process of its own, on torch unless told otherwise."""

    def __init__(self, *arguments, before="", **environment):
        code = f"{before}\nfrom kbert.cli.main import main\nmain()"
        environment = {
            **os.environ,
            "KERAS_BACKEND": "torch",
            "PYTHONUNBUFFERED": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **environment,
        }
        server = {"torch": "runs", "tensorflow": "tensorflow runs"}[environment["KERAS_BACKEND"]]
        self.popen = ForkedProcess(server, code, [*map(str, arguments)], environment)

    def end(self, timeout=120):
        """Return the exit status and the output of both streams."""
        out, err = self.popen.communicate(timeout=timeout)
        return self.popen.returncode, out, err


@pytest.fixture
def train(reviews, tiny_preset, tmp_path):
    """A function that starts a run of this many epochs in a process of its own."""

    def start(epochs=500, *, output=tmp_path / "run", data=reviews, sizes=SMALL, **how):
        flags = ["--preset", tiny_preset, *SETTINGS, *sizes, "--epochs", epochs]
        return Process("train", data, *flags, "--output", output, **how)

    return start


def last_of(run):
    path = CheckpointStore(run / "checkpoints").last()
    return None if path is None else read_checkpoint(path)


def wait_for(condition, process, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to it"
        if process.popen.poll() is not None:
            raise AssertionError(f"it ended before: {process.end()}")
        time.sleep(0.01)


def has_trained(run, batches):
    log = run / "learning_rate.csv"
    return lambda: log.exists() and log.read_text().count("\n") > batches


def resumes(run, **environment):
    """Resume the run until it has trained beyond its last checkpoint; return where it resumed."""
    done = last_of(run).position.batches_done
    again = Process("resume", run, **environment)
    wait_for(lambda: last_of(run).position.batches_done > done, again)
    again.popen.kill()
    again.end()
    return f"the checkpoint of batch {done}, resumed"


PATCH = """
from kbert.callbacks.run_checkpoint import RunCheckpoint
original = RunCheckpoint.on_train_batch_begin
def meddle(self, batch, logs=None):
    original(self, batch, logs)
    if int(self.model.optimizer.iterations) == {update}:
        {deed}
RunCheckpoint.on_train_batch_begin = meddle
"""


@pytest.mark.usefixtures("heard_signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_the_step_that_was_reached(train, tmp_path, number, status, tell):
    run = tmp_path / "run"
    process = train()
    wait_for(has_trained(run, 30), process)
    process.popen.send_signal(number)
    started = time.monotonic()
    ended, _, err = process.end()
    assert time.monotonic() - started < 10
    assert ended == status
    heard, _, err = err.rpartition("kbert: ")
    assert re.fullmatch(r"(Stopping after this step; .*\n)?", heard)
    assert re.fullmatch(r"stopped; .*resume \S+ resumes from the last checkpoint\.\n", err)
    steps = (run / "learning_rate.csv").read_text().count("\n") - 1
    assert last_of(run).position.batches_done == steps
    assert json.loads((run / "run.json").read_text())["status"] == "stopped"
    tell(signal.Signals(number).name, ended, err, f"every step: {resumes(run)}")


@pytest.mark.usefixtures("heard_signals")
def test_a_second_ctrl_c_ends_at_once_and_breaks_nothing(train, tmp_path, tell):
    run = tmp_path / "run"
    process = train(before=PATCH.format(update=33, deed="import time; time.sleep(60)"))
    wait_for(has_trained(run, 33), process)
    time.sleep(1)  # into the step that does not end
    for _ in range(2):
        started = time.monotonic()
        process.popen.send_signal(signal.SIGINT)
        time.sleep(0.3)
    status, _, err = process.end()
    assert time.monotonic() - started < 30  # of the 60 that the step takes
    assert status == 130
    assert "Traceback" not in err
    tell("Ctrl-C twice, in a step that does not end", status, err, resumes(run))


def test_refuses_a_second_process_unless_the_first_is_dead(train, tmp_path, tell):
    run = tmp_path / "run"
    first = train()
    wait_for(lambda: last_of(run) is not None, first)
    status, _, err = Process("resume", run).end()
    assert status == 2
    assert f"Another process (pid {first.popen.pid}) is using {run}. Wait for it" in err
    first.popen.kill()
    first.end()
    tell(
        "a second process on the run", status, err, f"the first; once it is killed, {resumes(run)}"
    )


def test_a_file_size_limit_ends_the_run_with_a_message(train, tmp_path, tell):
    """As on a full disk; the limit is set once a checkpoint has been committed."""
    run = tmp_path / "run"
    before = """
import resource, signal, threading, time, pathlib
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def limit():
    while not (pathlib.Path(OUTPUT) / "checkpoints" / "last").exists():
        time.sleep(0.001)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
threading.Thread(target=limit, daemon=True).start()
""".replace("OUTPUT", repr(str(run)))
    status, _, err = train(before=before).end()
    assert status == 1
    assert re.match(r"kbert: The checkpoint epoch-\S+ cannot be written to .*: .*", err)
    assert "The checkpoints before it are intact" in err
    assert err.count("\n") == 1
    assert not [path for path in (run / "checkpoints").iterdir() if path.name.startswith(".")]
    tell("disk full (RLIMIT_FSIZE) while saving", status, err, resumes(run))


# No file mode stops root unless it gives up CAP_DAC_OVERRIDE, bit 1 of the effective set.
AS_ANYONE = """
import ctypes
libc, header, sets = ctypes.CDLL(None), (ctypes.c_uint32 * 2)(0x20080522), (ctypes.c_uint32 * 6)()
assert libc.capget(header, sets) == 0
sets[0] &= ~2
assert libc.capset(header, sets) == 0
"""


def test_a_directory_that_becomes_read_only(train, tmp_path, tell):
    run = tmp_path / "run"
    process = train(before=AS_ANYONE)
    wait_for(lambda: last_of(run) is not None, process)
    (run / "checkpoints").chmod(0o555)
    status, _, err = process.end()
    (run / "checkpoints").chmod(0o755)
    assert status == 1
    assert re.match(r"kbert: The checkpoint epoch-\S+ cannot be written to .*Permission", err)
    assert err.count("\n") == 1
    tell("the directory becomes read-only", status, err, resumes(run))


def test_a_directory_that_is_removed_ends_the_run_with_a_message(train, tmp_path, tell):
    run = tmp_path / "run"
    process = train()
    wait_for(lambda: last_of(run) is not None, process)
    while run.exists():
        shutil.rmtree(run, ignore_errors=True)
    status, _, err = process.end()
    assert status == 1
    assert "Traceback" not in err
    assert re.match(r"kbert: .*(gone|No such file)", err)
    tell("the run's directory is removed", status, err, "nothing is left to be")


def test_changed_data_is_refused(train, reviews, tmp_path, tell):
    data, run = tmp_path / "own.csv", tmp_path / "run"
    shutil.copy(reviews, data)
    process = train(data=data)
    wait_for(lambda: last_of(run) is not None, process)
    process.popen.kill()
    process.end()
    before = data.read_text(encoding="utf-8")
    data.write_text(before.replace("good\n", "bad\n", 3), encoding="utf-8")
    status, _, err = Process("resume", run).end()
    assert status == 2
    assert f"own.csv has changed since {run} was started" in err
    assert "--allow data-differs" in err
    data.write_text(before, encoding="utf-8")
    tell("the data file has changed", status, err, f"with the data as they were, {resumes(run)}")


def flipped(content):
    changed = bytearray(content)
    changed[len(content) // 2] ^= 1
    return bytes(changed)


CHANGES = {
    "truncated": lambda content, other: content[: len(content) // 2],
    "emptied": lambda content, other: b"",
    "one bit flipped": lambda content, other: flipped(content),
    "another run's": lambda content, other: other,
}


@pytest.fixture(scope="module")
def two_runs(reviews, tiny_preset, tmp_path_factory):
    """Two killed runs with different seeds, each with at least two checkpoints."""
    runs = []
    for seed in ("3", "4"):
        run = tmp_path_factory.mktemp("runs") / "run"
        flags = ["--preset", tiny_preset, *SETTINGS, *SMALL, "--seed", seed, "--epochs", 500]
        process = Process("train", reviews, *flags, "--output", run)
        store = CheckpointStore(run / "checkpoints")
        wait_for(lambda store=store: len(store.committed()) > 1, process)
        process.popen.kill()
        process.end()
        store.clean()
        runs.append(run)
    return runs


@pytest.mark.parametrize("change", CHANGES)
def test_names_a_damaged_file_and_offers_the_checkpoint_before(two_runs, change, tell):
    run, other = two_runs
    store = CheckpointStore(run / "checkpoints")
    last, theirs = store.last(), CheckpointStore(other / "checkpoints").last()
    before = [path for path in store.committed() if path != last][-1]
    files = sorted(path.name for path in last.iterdir())
    assert len(files) == 6
    for file in files:
        content = (last / file).read_bytes()
        (last / file).write_bytes(CHANGES[change](content, (theirs / file).read_bytes()))
        try:
            with pytest.raises(KbertError, match=re.escape(str(last)) + f".*{file}") as refused:
                kbert.resume(run, verbose=0)
        finally:
            (last / file).write_bytes(content)
        offered = refused.value.cure.values["call"]
        assert offered == Call("resume", run, checkpoint=before.name)
        tell(f"{file}: {change}", 2, f"{refused.value}", f"{before.name}, offered")


def test_nan_weights_leave_the_last_good_checkpoint(train, tmp_path, tell):
    run = tmp_path / "run"
    spoil = "kernel = self.model.layers[-1].kernel; kernel.assign(kernel * float('nan'))"
    status, _, err = train(before=PATCH.format(update=33, deed=spoil)).end()
    assert status == 2
    assert re.search(r"The loss is nan in epoch 2, batch \d+, update 33, at learning rate", err)
    checkpoint = last_of(run)
    assert 28 <= checkpoint.position.batches_done <= 33
    assert all(np.isfinite(array).all() for array in checkpoint.arrays["model"].values())
    tell("the loss becomes NaN", status, err, resumes(run))


def test_running_out_of_memory_suggests_a_smaller_batch(train, tmp_path, tell):
    data, run = tmp_path / "long.csv", tmp_path / "run"
    rows = (f"A long and winding tale {'of every day ' * 20}{i},{i % 2}\n" for i in range(5000))
    data.write_text("text,label\n" + "".join(rows), encoding="utf-8")
    # 256 MB more than now; the first step needs at least twice as much for its gradients.
    limit = """import resource; now = int(open("/proc/self/statm").read().split()[0]) * 4096
        resource.setrlimit(resource.RLIMIT_AS, (now + (1 << 28),) * 2)"""
    sizes = ["--batch-size", "4096", "--max-length", "64", "--allow", "too-few-updates"]
    before = PATCH.format(update=0, deed=limit)
    status, _, err = train(3, data=data, sizes=sizes, before=before).end()
    assert status == 1, err
    assert "Cure: --batch-size 2048 --gradient-accumulation-steps 2" in err
    assert err.count("\n") == 1
    again = Process("resume", run, "--batch-size", "16")
    wait_for(lambda: last_of(run) is not None, again)
    again.popen.kill()
    again.end()
    tell("out of memory (RLIMIT_AS) in the first step", status, err, "the run; resumed with 16")


@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_a_failure_to_load_a_batch_ends_the_run(train, tmp_path, tell, backend):
    """On TensorFlow batches are made in a thread of its input pipeline."""
    run = tmp_path / "run"
    before = """
from kbert.data.batches import Batches
original = Batches._make
def fail(self, index):
    if self.epoch == 1 and index == 9:
        raise OSError(5, "Input/output error", "tokens.arrow")
    return original(self, index)
Batches._make = fail
"""
    status, _, err = train(before=before, KERAS_BACKEND=backend).end()
    assert status == 1
    said = err[err.index("kbert: ") :]  # after TensorFlow's own output
    assert re.match(r"kbert: .*tokens.arrow: Input/output error; .* resumes from", said)
    assert "Traceback" not in err
    assert said.count("\n") == 1
    assert last_of(run).position.epoch == 1
    how = resumes(run, KERAS_BACKEND=backend)
    tell(f"the loading of a batch fails, {backend}", status, said, how)


def test_a_kill_while_the_library_writes_the_model(train, tmp_path, tell):
    """safetensors writes to a file of its own, whose name kbert does not know."""
    run = tmp_path / "run"
    before = f"""
import os, pathlib, safetensors.numpy, signal
model = pathlib.Path({str(run / "model")!r})
original = safetensors.numpy.save_file
def save_file(arrays, file, metadata=None):
    original(arrays, file, metadata)
    if model in file.parents and (model / "model.safetensors").exists():
        (file.parent / ".tmpr2dnmJ").write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
safetensors.numpy.save_file = save_file
"""
    status, _, _ = train(before=before).end()
    assert status == -signal.SIGKILL
    assert list((run / "model").rglob(".tmpr2dnmJ"))
    how = resumes(run)
    assert [path for path in run.rglob(".*") if not path.name.startswith(".lock")] == []
    tell("a kill while the model is written", status, "", how)


def test_kills(tmp_path):
    """A few of the many kills that `make kills` tries."""
    command = [sys.executable, "-m", "tools.kill_runs", "--kills", "6", "--runs", "2"]
    command += ["--rows", "200"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "runs compared, equal bits    2, 2\n" in done.stdout
    assert "files left behind            0\n" in done.stdout
    assert int(re.search(r"steps lost at most +(\d+)", done.stdout)[1]) <= 5


def test_ends(tmp_path):
    """A few of the many ends that `make ends` tries: before changes, and at random moments."""
    command = [sys.executable, "-m", "tools.ended_runs", "--verb", "train", "predict"]
    command += ["--every", "50", "--kills", "2", "--state", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout
    [ends, kills] = re.findall(r"^all +(.*)", done.stdout, re.M)
    tried, nothing, _, resumed, _, wrong = map(int, ends.split())
    assert tried > 4
    assert nothing
    assert resumed
    assert wrong == 0
    assert kills.split()[0] == "2"
