"""Fixtures for the tests with hostile files."""

import os
import pickle

import pytest


class _Payload:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.fixture
def payload(tmp_path):
    """A pickle that makes a folder when it is read; the folder must not exist after the test."""
    sentinel = tmp_path / "code-has-run"
    data = pickle.dumps(_Payload(sentinel))
    pickle.loads(data)  # the payload works
    sentinel.rmdir()
    yield data
    assert not sentinel.exists()


@pytest.fixture
def outside(tmp_path):
    """A file outside every folder that a test names, which must not be read."""
    path = tmp_path / "outside" / "secret.txt"
    path.parent.mkdir()
    path.write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\nsecret\n")
    return path
