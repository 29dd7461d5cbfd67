"""--callback finds modules in the current folder, after all installed ones."""

import sys

import pytest

from kbert.cli.callback_flag import from_here


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return str(tmp_path)


def test_the_current_folder_is_searched_last_and_added_once(folder):
    assert from_here(["mine:Callback"]) == ["mine:Callback"]
    assert sys.path[-1] == folder
    from_here(["mine:Callback"])
    assert sys.path.count(folder) == 1


def test_without_callbacks_the_folder_is_not_searched(folder):
    assert from_here(()) == ()
    assert folder not in sys.path
