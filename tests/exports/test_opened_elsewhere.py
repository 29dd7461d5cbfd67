import pytest

from kbert import KbertError
from kbert.exports.opened_elsewhere import OpenedElsewhere


def test_a_file_that_is_broken_ends_in_a_sentence(tmp_path):
    (tmp_path / "model.pt2").write_bytes(b"no program")
    opened = OpenedElsewhere("torch", tmp_path, 8)
    with pytest.raises(KbertError, match="torch export was written and could not be opened: "):
        opened(["a text"], None)
    opened.close()


def test_a_process_that_dies_ends_in_a_sentence(tmp_path, monkeypatch):
    from kbert.exports import opened_elsewhere

    monkeypatch.setattr(opened_elsewhere.sys, "executable", "/bin/false")
    opened = OpenedElsewhere("torch", tmp_path, 8)
    with pytest.raises(KbertError, match="could not be opened: its process ended with status 1"):
        opened(["a text"], None)
    opened.close()
