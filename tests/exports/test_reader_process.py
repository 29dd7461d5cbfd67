import pytest

from kbert import KbertError
from kbert.exports.reader_process import ReaderProcess


def test_a_broken_file_is_reported_in_one_sentence(tmp_path):
    (tmp_path / "model.pt2").write_bytes(b"no program")
    reader = ReaderProcess("torch", tmp_path, 8)
    with pytest.raises(KbertError, match="torch export was written and could not be reopened: "):
        reader(["a text"], None)
    reader.close()


def test_a_process_that_dies_is_reported_in_one_sentence(tmp_path, monkeypatch):
    from kbert.exports import child_process

    monkeypatch.setattr(child_process.sys, "executable", "/bin/false")
    reader = ReaderProcess("torch", tmp_path, 8)
    with pytest.raises(KbertError, match="could not be reopened: the process ended with status 1"):
        reader(["a text"], None)
    reader.close()


def test_a_process_that_prints_a_lot_does_not_block(tmp_path, monkeypatch):
    from kbert.exports import child_process

    loud = tmp_path / "loud"
    loud.write_text(
        "#!/bin/sh\nread line\nhead -c 1000000 /dev/zero | tr '\\0' 'x' >&2\necho '[[0.5, 0.5]]'\n"
    )
    loud.chmod(0o755)
    monkeypatch.setattr(child_process.sys, "executable", str(loud))
    reader = ReaderProcess("torch", tmp_path, 8)
    assert reader(["a text"], None).tolist() == [[0.5, 0.5]]
    reader.close()
