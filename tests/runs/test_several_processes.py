"""Two processes train one run over loopback: stopped, killed, and resumed on other devices."""

import csv
import os
import re
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from safetensors.numpy import load_file

from kbert import InputError
from kbert.runs.run_directory import RunDirectory
from kbert.runs.shared_run import _check_seen

pytestmark = pytest.mark.usefixtures("one_backend")
# Each takes most of a second: time enough to stop the run, and to kill the resumed one.
EPOCHS = 12
FLAGS = (
    *("--weights", "random", "--max-length", "16", "--batch-size", "9", "--epochs", str(EPOCHS)),
    *("--learning-rate", "1e-3", "--backend", "jax", "--baseline", "none", "--no-report"),
    *("--allow", "too-few-updates", "--allow", "one-class-predicted"),
)


def kbert(*arguments, devices=1, folder=None):
    """Start the command line with this many simulated JAX devices."""
    flags = f"--xla_force_host_platform_device_count={devices}"
    return subprocess.Popen(
        [sys.executable, "-m", "kbert", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env={
            **os.environ,
            "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {flags}",
            "KERAS_BACKEND": "jax",
        },
    )


def two(*arguments, folders=(None, None)):
    """Start two processes that know each other."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    known = ("--coordinator", f"127.0.0.1:{port}", "--processes", 2)
    return [
        kbert(*arguments, *known, "--process-id", process, folder=folder)
        for process, folder in enumerate(folders)
    ]


def ended(process, seconds=200):
    """Wait for a process; return its exit status and what it printed."""
    output, _ = process.communicate(timeout=seconds)
    return process.returncode, output


def wait_for_epoch(run, epoch, process):
    """Wait until a run reaches an epoch."""
    until = time.monotonic() + 150
    while time.monotonic() < until and process.poll() is None:
        if (run / "learning_rate.csv").exists() and epoch in epochs_of(run):
            return
        time.sleep(0.1)
    process.kill()
    raise AssertionError(f"It does not come to epoch {epoch}: {ended(process)[1]}")


def epochs_of(run):
    with (run / "learning_rate.csv").open(encoding="utf-8", newline="") as file:
        return [int(row["epoch"]) for row in csv.DictReader(file) if row["loss"]]


def worker_of(process):
    """Return the process that a parent watches."""
    with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
        return int(file.read().split()[0])


def greatest_difference(run, other):
    weights, others = (load_file(path / "model" / "model.safetensors") for path in (run, other))
    return max(float(np.abs(weights[name] - others[name]).max()) for name in weights)


@pytest.mark.slow
@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="finds the worker by /proc")
def test_a_run_of_two_processes_ends_as_it_would_on_one_device(reviews, tiny_preset, tmp_path):
    run, alone = tmp_path / "run", tmp_path / "alone"
    train = ("train", reviews, "--preset", tiny_preset, *FLAGS, "--output")
    status, output = ended(kbert(*train, alone, "--devices", 1))
    assert status == 0, output

    # SIGTERM reaches one of them, as when a host is preempted: all save one checkpoint.
    first, second = two(*train, run)
    wait_for_epoch(run, 1, first)
    second.send_signal(signal.SIGTERM)
    (status, output), (other_status, other) = ended(first), ended(second)
    assert (status, other_status) == (143, 143), output + other
    assert f"resume {run} resumes from the last checkpoint" in output
    assert "kbert-follows" not in other
    stopped_at = len(epochs_of(run))
    assert stopped_at < EPOCHS * 10

    # One is killed: the other ends too, and says why.
    first, second = two("resume", run)
    wait_for_epoch(run, max(epochs_of(run)) + 2, first)
    os.kill(worker_of(second), signal.SIGKILL)
    killed = time.monotonic()
    (status, output), (other_status, other) = ended(first), ended(second)
    assert time.monotonic() - killed < 30
    assert (status, other_status) == (1, 1), output + other
    assert re.search(rf"process 1 is lost: .* resume {run} resumes it", output), output
    assert "process 1 was ended by SIGKILL" in other
    assert "Traceback" not in output + other

    # One process with four devices resumes, in the middle of an epoch or not.
    status, output = ended(kbert("resume", run, "--devices", 4, devices=4))
    assert status == 0, output
    assert len(epochs_of(run)) == len(epochs_of(alone))
    assert greatest_difference(run, alone) < 2e-6


def test_processes_with_other_data_are_refused(reviews, tiny_preset, tmp_path):
    folders = tmp_path / "a", tmp_path / "b"
    rows = reviews.read_text(encoding="utf-8").splitlines(keepends=True)
    for folder, kept in zip(folders, (rows, rows[:-1]), strict=True):
        folder.mkdir()
        (folder / "reviews.csv").write_text("".join(kept), encoding="utf-8")
    train = ("train", "reviews.csv", "--preset", tiny_preset, *FLAGS, "--output", tmp_path / "run")
    for status, output in map(ended, two(*train, folders=folders)):
        assert status == 2
        assert re.search(r"process 1 differs in reviews\.csv", output), output
        assert "Traceback" not in output
    assert not (tmp_path / "run").exists()


def test_hosts_without_a_shared_run_directory_are_refused():
    _check_seen(RunDirectory("runs/a"), ["", ""])
    with pytest.raises(InputError, match=r"runs/a is not seen by process 1 \(host-b\)"):
        _check_seen(RunDirectory("runs/a"), ["", "host-b"])


def test_a_missing_process_id_is_refused(reviews, capsys):
    from kbert.cli.main import main

    with pytest.raises(SystemExit) as stop:
        main(["train", str(reviews), "--processes", "2", "--coordinator", "127.0.0.1:1"])
    assert stop.value.code == 2
    assert "Missing: --process-id" in capsys.readouterr().err


def test_several_processes_need_the_jax_backend(reviews, capsys):
    from kbert.cli.main import main

    flags = ["--processes", "2", "--coordinator", "127.0.0.1:1", "--process-id", "0"]
    with pytest.raises(SystemExit) as stop:
        main(["train", str(reviews), *flags, "--backend", "torch"])
    assert stop.value.code == 2
    assert "--backend jax" in capsys.readouterr().err
