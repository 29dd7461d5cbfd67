import pytest

from kbert import KbertError
from kbert.exports.reader_process import ReaderProcess


def test_a_file_that_is_broken_ends_in_a_sentence(tmp_path):
    (tmp_path / "model.pt2").write_bytes(b"no program")
    opened = ReaderProcess("torch", tmp_path, 8)
    with pytest.raises(KbertError, match="torch export was written and could not be opened: "):
        opened(["a text"], None)
    opened.close()


def test_a_process_that_dies_ends_in_a_sentence(tmp_path, monkeypatch):
    from kbert.exports import opened_elsewhere

    monkeypatch.setattr(opened_elsewhere.sys, "executable", "/bin/false")
    opened = ReaderProcess("torch", tmp_path, 8)
    with pytest.raises(KbertError, match="could not be opened: its process ended with status 1"):
        opened(["a text"], None)
    opened.close()


def test_a_process_that_says_much_goes_on(tmp_path, monkeypatch):
    from kbert.exports import opened_elsewhere

    loud = tmp_path / "loud"
    loud.write_text(
        "#!/bin/sh\nread line\nhead -c 1000000 /dev/zero | tr '\\0' 'x' >&2\necho '[[0.5, 0.5]]'\n"
    )
    loud.chmod(0o755)
    monkeypatch.setattr(opened_elsewhere.sys, "executable", str(loud))
    opened = ReaderProcess("torch", tmp_path, 8)
    assert opened(["a text"], None).tolist() == [[0.5, 0.5]]
    opened.close()
