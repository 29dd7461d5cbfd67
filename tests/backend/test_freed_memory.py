"""Freed large blocks stay with the process, which need not wait for cleared pages again."""

import ctypes
import os
import subprocess
import sys

import pytest

from kbert.backend.freed_memory import give_back_freed_memory, keep_freed_memory

HAS_MALLOPT = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallopt")
FAULTS = """
import resource
import numpy as np
from kbert.backend.freed_memory import give_back_freed_memory, keep_freed_memory

if {keep}:
    assert keep_freed_memory()
for _ in range(3):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones(50 * 2**20, np.uint8)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(faults)
"""


def environment(**settings):
    names = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES", "LD_PRELOAD")
    return {**{k: v for k, v in os.environ.items() if k not in names}, **settings}


@pytest.mark.skipif(not HAS_MALLOPT, reason="needs glibc")
def test_a_freed_block_is_reused():
    faults = {
        keep: int(
            subprocess.run(
                [sys.executable, "-c", FAULTS.format(keep=keep)],
                env=environment(),
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for keep in (False, True)
    }
    # With huge pages, 25 faults are 50 MB.
    assert faults[True] < 10 < faults[False]


def test_settings_of_the_user_are_kept(monkeypatch):
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", "1000000")
    assert not keep_freed_memory()


def test_nothing_is_changed_on_other_systems(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not keep_freed_memory()


@pytest.mark.skipif(not HAS_MALLOPT, reason="needs glibc")
def test_freed_small_blocks_are_given_back():
    def resident():
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    blocks = [bytes(1000) + bytes([n % 256]) for n in range(60_000)]  # 60 MB, each in the heap
    full, kept = resident(), blocks[-1]
    del blocks
    give_back_freed_memory()
    assert full - resident() > 20e6
    assert kept[-1] == 59_999 % 256
