"""--callback finds modules in the folder of the command, after all that are installed."""

import sys

import pytest

from kbert.cli.callback_flag import from_here


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return str(tmp_path)


def test_the_folder_is_looked_into_last_and_once(folder):
    assert from_here(["mine:Callback"]) == ["mine:Callback"]
    assert sys.path[-1] == folder
    from_here(["mine:Callback"])
    assert sys.path.count(folder) == 1


def test_without_callbacks_nothing_is_looked_into(folder):
    assert from_here(()) == ()
    assert folder not in sys.path
