import pytest

from kbert import KbertError
from kbert.errors import MachineError
from kbert.exports.output import check_output, staging_folder


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "must name a folder or file to write"),
        ("file", "file already exists; kbert never overwrites files"),
        ("file/a/b", "file is a file, and .*file/a/b would lie in it"),
    ],
)
def test_refuses(name, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(KbertError, match=message):
        check_output(tmp_path.__class__(name))


def test_refuses_another_suffix(tmp_path):
    check_output(tmp_path / "a.keras", ".keras")
    with pytest.raises(KbertError, match="`output` must end in .keras. Received: .*a$"):
        check_output(tmp_path / "a", ".keras")


def test_a_folder_for_the_time_being(tmp_path):
    def interrupted():
        with staging_folder(tmp_path / "a" / "b") as folder:
            (folder / "b").mkdir()
            raise KeyboardInterrupt

    check_output(tmp_path / "a" / "b")
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list((tmp_path / "a").iterdir()) == []


def test_where_nothing_can_be_written(tmp_path, monkeypatch):
    from kbert.exports import output

    def refuse(**arguments):
        raise PermissionError(13, "Permission denied", "hidden")

    monkeypatch.setattr(output.tempfile, "mkdtemp", refuse)
    with (
        pytest.raises(MachineError, match="Nothing can be written in .*: Permission denied. Name"),
        staging_folder(tmp_path / "b"),
    ):
        raise AssertionError


@pytest.mark.parametrize(
    ("number", "expected", "message"),
    [(28, MachineError, "The disk that holds .* is full"), (5, OSError, "Input/output error")],
)
def test_a_disk_that_fails(number, expected, message, tmp_path):
    def failing():
        with staging_folder(tmp_path / "b"):
            raise OSError(number, "Input/output error")

    with pytest.raises(expected, match=message):
        failing()
    assert list(tmp_path.iterdir()) == []
