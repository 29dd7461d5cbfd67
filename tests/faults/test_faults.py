"""What real processes do when the machine or a person gets in the way; on the fastest backend.

The kills are in tools/kill_runs.py, whose short form is here too.
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

from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore

pytestmark = pytest.mark.faults

ROOT = Path(__file__).parents[2]
SETTINGS = [
    *("--weights", "random", "--max-length", "8", "--batch-size", "4", "--seed", "3"),
    *("--checkpoint-steps", "5"),
]


class Process:
    """The command line in a process of its own, on torch."""

    def __init__(self, *arguments, before=""):
        code = f"{before}\nfrom kbert.cli import main\nmain()"
        environment = {**os.environ, "KERAS_BACKEND": "torch", "PYTHONUNBUFFERED": "1"}
        self.popen = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def end(self, timeout=120):
        """The exit status, and what was said on both streams."""
        out, err = self.popen.communicate(timeout=timeout)
        return self.popen.returncode, out, err


@pytest.fixture
def train(reviews, tiny_preset, tmp_path):
    """A function that starts a run of so many epochs in a process of its own."""

    def start(epochs=500, *, output=tmp_path / "run", before="", data=reviews):
        flags = ["--preset", tiny_preset, *SETTINGS, "--epochs", epochs, "--output", output]
        return Process("train", data, *flags, before=before)

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


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_the_step_that_was_reached(train, tmp_path, number, status):
    run = tmp_path / "run"
    process = train(
        before="import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    )
    wait_for(has_trained(run, 30), process)
    process.popen.send_signal(number)
    started = time.monotonic()
    ended, _, err = process.end()
    assert time.monotonic() - started < 10
    assert ended == status
    assert re.fullmatch(r"kbert: stopped; .*resume \S+ goes on from the last checkpoint\.\n", err)
    steps = (run / "learning_rate.csv").read_text().count("\n") - 1
    assert last_of(run).position.batches_made == steps
    assert json.loads((run / "run.json").read_text())["status"] == "stopped"


def test_a_second_process_is_refused_and_a_dead_one_is_not_in_the_way(train, tmp_path):
    run = tmp_path / "run"
    first = train()
    wait_for(lambda: last_of(run) is not None, first)
    status, _, err = Process("resume", run).end()
    assert status == 2
    assert f"Another process (pid {first.popen.pid}) is at work in {run}. Wait for it" in err
    first.popen.kill()
    first.end()
    made = last_of(run).position.batches_made
    again = Process("resume", run)
    wait_for(has_trained(run, made + 5), again)
    again.popen.kill()
    again.end()


def test_a_file_that_may_not_grow_ends_the_run_with_a_sentence(train, tmp_path):
    """As on a full disk: the limit comes when a checkpoint has been committed."""
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
    assert "What was committed before is intact" in err
    assert err.count("\n") == 1
    checkpoint = last_of(run)
    assert not [path for path in (run / "checkpoints").iterdir() if path.name.startswith(".")]
    again = Process("resume", run)
    wait_for(lambda: last_of(run).position.batches_made > checkpoint.position.batches_made, again)
    again.popen.kill()
    again.end()


def test_a_directory_that_is_removed_ends_the_run_with_a_sentence(train, tmp_path):
    run = tmp_path / "run"
    process = train()
    wait_for(lambda: last_of(run) is not None, process)
    while run.exists():
        shutil.rmtree(run, ignore_errors=True)
    status, _, err = process.end()
    assert status == 1
    assert "Traceback" not in err
    assert re.match(r"kbert: .*(gone|No such file)", err)


def test_data_that_have_changed_are_refused(train, reviews, tmp_path):
    data, run = tmp_path / "own.csv", tmp_path / "run"
    shutil.copy(reviews, data)
    process = train(data=data)
    wait_for(lambda: last_of(run) is not None, process)
    process.popen.kill()
    process.end()
    data.write_text(
        data.read_text(encoding="utf-8").replace("good\n", "bad\n", 3), encoding="utf-8"
    )
    status, _, err = Process("resume", run).end()
    assert status == 2
    assert f"own.csv is not what {run} was started with: its content has changed" in err
    assert "--allow data-differs" in err


@pytest.mark.parametrize("change", ["truncated", "emptied", "one bit", "gone"])
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_offered(train, tmp_path, change):
    run = tmp_path / "run"
    process = train()
    wait_for(lambda: len(CheckpointStore(run / "checkpoints").committed()) > 1, process)
    process.popen.kill()
    process.end()
    store = CheckpointStore(run / "checkpoints")
    store.clean()
    file = store.last() / "optimizer.safetensors"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    new = {"truncated": content[:-1], "emptied": b"", "one bit": content}.get(change)
    file.unlink() if new is None else file.write_bytes(new)
    status, _, err = Process("resume", run).end()
    assert status == 2
    assert str(file) in err
    others = [path for path in store.committed() if path != store.last()]
    assert f"resume {run} --checkpoint {others[-1].name}" in err
    again = Process("resume", run, "--checkpoint", others[-1].name)
    wait_for(lambda: store.last().name > file.parent.name, again)
    again.popen.kill()
    again.end()


def test_weights_that_become_nan_end_the_run_and_leave_the_last_good_checkpoint(train, tmp_path):
    run = tmp_path / "run"
    before = """
import numpy as np
from kbert.callbacks import run_checkpoint
original = run_checkpoint.RunCheckpoint.on_train_batch_begin
def spoil(self, batch, logs=None):
    original(self, batch, logs)
    if int(self.model.optimizer.iterations) == 33:
        kernel = self.model.layers[-1].kernel
        kernel.assign(np.full(kernel.shape, np.nan))
run_checkpoint.RunCheckpoint.on_train_batch_begin = spoil
"""
    status, _, err = train(before=before).end()
    assert status == 2
    assert re.search(r"The loss is nan in epoch 2, batch \d+, update 33, at learning rate", err)
    checkpoint = last_of(run)
    assert 28 <= checkpoint.position.batches_made <= 33
    assert all(np.isfinite(array).all() for array in checkpoint.arrays["model"].values())


def test_kills(tmp_path):
    """A few kills of the many that `make kills` makes."""
    command = [sys.executable, "-m", "tools.kill_runs", "--kills", "6", "--runs", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "runs compared, of equal bits 2, 2\n" in done.stdout
    assert "files left behind            0\n" in done.stdout
    assert int(re.search(r"steps lost at most +(\d+)", done.stdout)[1]) <= 6
