import os
import signal
import subprocess
import sys
import threading

import pytest

from kbert.errors import InputError
from kbert.findings import Call
from kbert.runs import run_claim
from kbert.runs.run_claim import claimed_run

HOLD = """
import sys
from pathlib import Path
from kbert.runs.run_claim import claimed_run

output = sys.argv[2] if len(sys.argv) > 2 else None
with claimed_run(output, folder=Path(sys.argv[1]), name="a") as run:
    print(run, flush=True)
    sys.stdin.read()
"""


def claim(folder, output=None):
    return claimed_run(output, folder=folder, name="a")


class Holder:
    """Another process that has claimed a run, until its input is closed."""

    def __init__(self, *arguments):
        pipe = subprocess.PIPE
        command = [sys.executable, "-c", HOLD, *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        self.run = self.process.stdout.readline().strip()

    def end(self, kill=False):
        if kill:
            self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


def test_concurrent_processes_choose_different_names(tmp_path):
    holders = [Holder(tmp_path / "runs") for _ in range(3)]
    assert [holder.run for holder in holders] == [
        str(tmp_path / "runs" / f"a-{n}") for n in (1, 2, 3)
    ]
    for holder in holders:
        holder.end()
    assert list(tmp_path.rglob("*")) in ([], [tmp_path / "runs"])


@pytest.mark.parametrize("_", range(5))
def test_concurrent_threads_choose_different_names(tmp_path, _):
    barrier, names = threading.Barrier(8, timeout=30), []

    def run():
        barrier.wait()
        with claim(tmp_path / "runs") as chosen:
            names.append(chosen.path.name)
            barrier.wait()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names) == [f"a-{n}" for n in range(1, 9)]
    assert list(tmp_path.rglob("*")) in ([], [tmp_path / "runs"])


def test_a_second_process_with_the_same_output_is_refused_at_once(tmp_path):
    output = tmp_path / "run"
    holder = Holder(tmp_path, output)
    with (
        pytest.raises(InputError) as refused,
        claim(tmp_path, output),
    ):
        raise AssertionError
    assert str(refused.value) == (
        f"Another process (pid {holder.process.pid}) is using {output}. Wait for it, or stop it."
    )
    holder.end()
    assert os.listdir(tmp_path) == []


def test_the_claim_of_a_killed_process_is_free(tmp_path):
    output = tmp_path / "run"
    holder = Holder(tmp_path, output)
    holder.end(kill=True)
    assert sorted(os.listdir(output)) == [".lock", ".lock.pid"]
    with claim(tmp_path, output) as run:
        assert run.path == output
    with claim(tmp_path) as run:
        assert run.path == tmp_path / "a-1"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("there", [False, True], ids=["new", "empty"])
def test_a_claim_is_released_if_nothing_is_recorded(error, there, tmp_path):
    output = tmp_path / "new" / "run"
    if there:
        output.mkdir(parents=True)

    def run():
        with claim(tmp_path, output) as claimed:
            (claimed.path / ".record").mkdir()
            raise error

    with pytest.raises(error):
        run()
    if there:
        assert os.listdir(output) == []
    else:
        assert os.listdir(tmp_path) == []


def test_a_recorded_run_is_kept(tmp_path):
    def run():
        with claim(tmp_path) as claimed:
            claimed.update(status="running")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert (tmp_path / "a-1" / "run.json").is_file()


def test_a_run_recorded_meanwhile_is_kept(tmp_path, monkeypatch):
    output, lock = tmp_path / "run", run_claim.run_lock

    def slow(path):
        (path / "run.json").write_text("{}")
        return lock(path)

    monkeypatch.setattr(run_claim, "run_lock", slow)
    with pytest.raises(InputError, match="already contains a run"), claim(tmp_path, output):
        raise AssertionError
    assert (output / "run.json").read_text() == "{}"


def test_a_name_taken_by_a_file_is_skipped(tmp_path):
    (tmp_path / "a-1").write_text("mine")
    (tmp_path / "a-2").symlink_to(tmp_path / "none")
    with claim(tmp_path) as run:
        assert run.path.name == "a-3"
    assert (tmp_path / "a-1").read_text() == "mine"


def test_a_directory_removed_meanwhile_is_created_again(tmp_path, monkeypatch):
    output, lock, removed = tmp_path / "run", run_claim.run_lock, []

    def slow(path):
        if not removed:
            removed.append(path)
            path.rmdir()
        return lock(path)

    monkeypatch.setattr(run_claim, "run_lock", slow)
    with claim(tmp_path, output) as run:
        assert (run.path / ".lock").exists()
    assert removed


def stopped_after(work, folder):
    """Return the notes of a Ctrl-C that comes after some work in a claimed directory."""

    def claimed():
        with claim(folder) as run:
            stop = KeyboardInterrupt()
            work(run, stop)
            raise stop

    with pytest.raises(KeyboardInterrupt) as stopped:
        claimed()
    return stopped.value.__notes__


def test_the_note_of_a_stop_says_what_is_left(tmp_path):
    assert stopped_after(lambda run, stop: None, tmp_path / "runs") == [
        "nothing was trained yet, and no run is left behind: start it again as before."
    ]
    assert not (tmp_path / "runs" / "a-1").exists()
    nearer = stopped_after(lambda run, stop: stop.add_note("It has a model."), tmp_path / "runs")
    assert nearer == ["It has a model."]


def test_the_note_of_a_stop_after_the_first_record_says_to_resume(tmp_path):
    notes = stopped_after(lambda run, stop: run.update(status="running"), tmp_path / "runs")
    resume = Call("resume", tmp_path / "runs" / "a-1")
    assert notes == [f"nothing was trained yet; {resume} starts from scratch."]
