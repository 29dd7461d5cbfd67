from pathlib import Path

import pytest

from kbert.utils.cache_folder import cache_folder


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"KBERT_CACHE": "/k", "XDG_CACHE_HOME": "/x"}, "/k/tokens"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/kbert/tokens"),
        ({"HOME": "/h"}, "/h/.cache/kbert/tokens"),
        ({"HOME": "/h", "KBERT_CACHE": "", "XDG_CACHE_HOME": ""}, "/h/.cache/kbert/tokens"),
    ],
    ids=["KBERT_CACHE", "XDG_CACHE_HOME", "home", "empty"],
)
def test_location(variables, folder, monkeypatch):
    for name in ("KBERT_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_folder("tokens") == Path(folder)


def test_a_user_without_a_home_has_no_folder(monkeypatch):
    for name in ("KBERT_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert cache_folder("tokens") is None
