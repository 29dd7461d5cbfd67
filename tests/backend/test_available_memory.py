import sys

import psutil
import pytest

from kbert.backend import available_memory as module
from kbert.backend.available_memory import available_memory

MB = 10**6


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Put this process into control groups whose files the test writes."""
    monkeypatch.setattr(module, "_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(module, "_MOUNT", tmp_path)

    def put(lines, **folders):
        (tmp_path / "cgroup").write_text(lines)
        for name, files in folders.items():
            folder = tmp_path.joinpath(*name.split("__"))
            folder.mkdir(parents=True, exist_ok=True)
            for file, text in files.items():
                (folder / file).write_text(text)

    return put


def version_2(limit, use, cached=0):
    return {
        "memory.max": f"{limit}\n",
        "memory.current": f"{use}\n",
        "memory.stat": f"anon 1\ninactive_file {cached}\nslab 3\n",
    }


def test_without_a_limit_it_is_the_memory_of_the_machine():
    assert 0 < available_memory() <= psutil.virtual_memory().total


def test_the_limit_of_a_parent_group_applies_too(groups):
    groups(
        "0::/a/b\n",
        a=version_2(500 * MB, 300 * MB),
        a__b=version_2("max", 100 * MB),
    )
    assert available_memory() == 200 * MB


def test_memory_that_can_be_reclaimed_is_free(groups):
    groups("0::/\n", **{".": version_2(500 * MB, 450 * MB, cached=150 * MB)})
    assert available_memory() == 200 * MB


def test_a_full_group_leaves_nothing(groups):
    groups("0::/\n", **{".": version_2(500 * MB, 501 * MB)})
    assert available_memory() == 0


def test_version_1_of_groups_is_read(groups):
    files = {
        "memory.limit_in_bytes": str(400 * MB),
        "memory.usage_in_bytes": str(250 * MB),
        "memory.stat": f"inactive_file 7\ntotal_inactive_file {50 * MB}\n",
    }
    groups("5:cpu:/x\n4:memory:/not/here\n0::/\n", memory=files)
    assert available_memory() == 200 * MB


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
def test_a_system_without_groups_has_no_limit(groups, tmp_path):
    assert available_memory() == pytest.approx(psutil.virtual_memory().available, rel=0.2)
