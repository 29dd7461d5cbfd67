import pytest

from kbert import KbertError
from kbert.exports.output import check_output


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "must name a folder or file to write"),
        ("file", "file already exists; kbert never overwrites files"),
        ("file/a/b", "file is a file, and .*file/a/b would lie in it"),
    ],
)
def test_refuses_an_unusable_output(name, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(KbertError, match=message):
        check_output(tmp_path.__class__(name))


def test_refuses_another_suffix(tmp_path):
    check_output(tmp_path / "a.keras", ".keras")
    with pytest.raises(KbertError, match="`output` must end in .keras. Received: .*a$"):
        check_output(tmp_path / "a", ".keras")
