import re
import sys
from pathlib import Path

import keras
import pytest

from kbert.backend.peak_memory import peak_memory

pytestmark = pytest.mark.keras


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it a second time")
def test_it_matches_the_systems_value():
    found = peak_memory(keras.backend.backend())
    kilobytes = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]
    assert found["memory"] == pytest.approx(int(kilobytes) * 1024, rel=0.02)
    assert found["memory"] > 100 * 2**20  # the framework alone uses that


def test_a_cpu_has_no_device_memory():
    assert "device_memory" not in peak_memory(keras.backend.backend())
