import os

import keras
import numpy as np
import pytest

from kbert.backend.machine import machine, threads, versions

pytestmark = pytest.mark.keras

BACKEND = keras.backend.backend()


def test_facts_that_determine_the_bits(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
    found = machine(BACKEND)
    assert found["device"] == "cpu"
    assert 1 <= found["threads"] == threads(BACKEND)
    assert found["processor"]
    assert found["flags"]["XLA_FLAGS"] == "--xla_cpu_multi_thread_eigen=false"
    assert (versions()["keras"], versions()["numpy"]) == (keras.__version__, np.__version__)


def test_threads_are_those_that_compute():
    if BACKEND == "torch":
        import torch

        before = torch.get_num_threads()
        try:
            torch.set_num_threads(3)
            assert threads(BACKEND) == 3
        finally:
            torch.set_num_threads(before)
    else:
        assert threads(BACKEND) == len(os.sched_getaffinity(0))
