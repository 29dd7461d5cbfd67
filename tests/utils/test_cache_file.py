"""A cache that several processes write to, some of which are killed."""

import os
import signal
import subprocess
import sys
import time

import pytest

from kbert.utils.cache_file import write_cache_file

WRITING = """
import sys, time
from pathlib import Path
from kbert.utils.cache_file import write_cache_file

def write(path):
    path.write_text("half")
    print("writing", flush=True)
    time.sleep(60)

write_cache_file(Path(sys.argv[1]), write)
"""


@pytest.fixture
def writer(tmp_path):
    """A process that is writing a file of the cache, killed at the end at the latest."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITING, str(tmp_path / "cache" / "other.arrow")],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "writing\n"
        yield process
        process.kill()


def write(path):
    path.write_text("whole")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has none")
def test_leftovers_of_a_killed_process_are_removed(writer, tmp_path):
    cache = tmp_path / "cache"
    (of_the_living,) = cache.iterdir()
    write_cache_file(cache / "one.arrow", write)
    assert set(cache.iterdir()) == {of_the_living, cache / "one.arrow"}
    writer.kill()
    writer.wait()
    write_cache_file(cache / "two.arrow", write)
    assert {file.name for file in cache.iterdir()} == {"one.arrow", "two.arrow"}
    assert (cache / "one.arrow").read_text() == "whole"


def test_leftovers_of_earlier_versions_are_removed_after_a_day(tmp_path):
    name = f".{'a' * 64}.arrow-0123456789abcdef.tmp"
    old, new = tmp_path / name, tmp_path / name.replace("a", "b", 1)
    others = [tmp_path / "0123456789abcdef.tmp", tmp_path / ".notes-1.tmp", tmp_path / ".tmp"]
    for file in (old, new, *others):
        file.touch()
    for file in (old, *others):
        os.utime(file, times=(time.time() - 90_000,) * 2)
    write_cache_file(tmp_path / "a.arrow", write)
    assert set(tmp_path.iterdir()) == {new, *others, tmp_path / "a.arrow"}


def test_a_failed_write_leaves_nothing_and_raises_its_own_error(tmp_path):
    def fail(path):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left") as failed:
        write_cache_file(tmp_path / "cache" / "a.arrow", fail)
    assert type(failed.value) is OSError
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_replaced(tmp_path):
    (tmp_path / "a").write_text("former")
    write_cache_file(tmp_path / "a", write)
    assert (tmp_path / "a").read_text() == "whole"


def test_a_file_system_without_locks_raises_an_oserror(tmp_path, monkeypatch):
    def none(lock):
        raise NotImplementedError("FileSystem does not appear to support flock")

    monkeypatch.setattr("kbert.utils.staging.FileLock.acquire", none)
    with pytest.raises(OSError, match="[Ll]ock"):
        write_cache_file(tmp_path / "a", write)
    assert list(tmp_path.iterdir()) == []
