import os
import subprocess
import sys

from kbert.backend.thread_count import limit_threads, usable_cores


def test_the_frameworks_get_the_limit(monkeypatch):
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "NPROC")
    for name in names:
        monkeypatch.setenv(name, "7")
    limit_threads(3)
    assert {os.environ[name] for name in names} == {"3"}


def test_only_cores_that_this_process_may_use_count():
    if not hasattr(os, "sched_setaffinity"):
        return
    code = (
        "import os\nfrom kbert.backend.thread_count import usable_cores\n"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\nprint(usable_cores())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, usable_cores() >= 1) == ("1\n", True)
