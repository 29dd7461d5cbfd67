"""Fixtures that several test files of utils share."""

import os

import pytest


@pytest.fixture
def umask():
    old = os.umask(0o027)
    yield
    os.umask(old)
