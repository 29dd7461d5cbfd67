"""What a worker and the process that watches it exchange."""

import os
import subprocess
import sys

from kbert.utils.worker import environment_of_worker, is_worker, leave

SPEAK = """
import os, sys
from kbert.utils.worker import is_worker, leave, begin_work
begin_work()
assert is_worker()
os.write(1, b"of C++ ")
print("of Python, \\u4e2d\\u6587")
sys.stdout.flush()
leave("run", "runs/a")
"""


def test_python_output_goes_to_the_user_and_native_output_to_a_log(tmp_path):
    said, log = tmp_path / "said", tmp_path / "log"
    with said.open("wb") as stream, log.open("wb") as native:
        subprocess.run(
            [sys.executable, "-c", SPEAK],
            stdout=native,
            env=environment_of_worker({"stdout": stream.fileno()}, tmp_path),
            pass_fds=(stream.fileno(),),
            check=True,
        )
    assert said.read_text(encoding="utf-8") == "of Python, \u4e2d\u6587\n"
    assert log.read_text(encoding="utf-8") == "of C++ "
    assert (tmp_path / "run").read_text(encoding="utf-8") == "runs/a"


def test_an_unwatched_process_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not is_worker()
    leave("run", "runs/a")
    assert os.listdir() == []
