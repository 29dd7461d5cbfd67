import errno

import pytest

from kbert.data.shards.location import Location, is_store, is_uri
from kbert.errors import InputError, MachineError


@pytest.fixture
def place(tmp_path):
    return Location(tmp_path / "a" / "b")


def test_a_file_gets_its_name_only_when_it_is_complete(place, tmp_path):
    place.write("x.arrow", b"123")
    assert place.read("x.arrow") == b"123"
    assert (place.size("x.arrow"), place.size("y.arrow")) == (3, None)
    assert [file.name for file in (tmp_path / "a" / "b").iterdir()] == ["x.arrow"]
    with pytest.raises(FileNotFoundError):
        place.read("y.arrow")


@pytest.mark.parametrize("failures", [0, 1, 3])
def test_failed_actions_are_retried(place, failures, monkeypatch):
    waits, counts = [], iter(range(99))
    monkeypatch.setattr(place, "_sleep", waits.append)

    def action():
        if next(counts) < failures:
            raise OSError("the connection was cut")
        return 7

    assert place._again(action, "x.arrow") == 7
    assert waits == [0.2, 1.0, 5.0][:failures]


def test_repeated_failures_are_reported(place, monkeypatch):
    monkeypatch.setattr(place, "_sleep", lambda seconds: None)

    def action():
        raise OSError("the connection was cut")

    message = r"^x\.arrow of .*b cannot be read, after 4 attempts: the connection was cut\.$"
    with pytest.raises(MachineError, match=message):
        place._again(action, "x.arrow")


def test_a_full_disk_is_reported_at_once(place):
    def action():
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(MachineError, match=r"cannot be written, after 1 attempt: "):
        place._again(action, "x.arrow", verb="written")


def test_a_partly_received_file_is_read_again(place, monkeypatch):
    monkeypatch.setattr(place, "_sleep", lambda seconds: None)
    place.write("x.arrow", b"123")
    with pytest.raises(MachineError, match="after 4 attempts: 3 of 5 bytes were received"):
        place.read("x.arrow", 5)


def test_a_password_in_a_uri_is_refused_and_not_shown():
    with pytest.raises(InputError, match="A URI with a password in it") as error:
        Location("s3://AKIA:very-secret@bucket/folder")
    assert "very-secret" not in str(error.value)
    assert "AKIA" not in str(error.value)


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("ftp://host/folder", r"must be a folder, or a URI of file://, s3://, gs://"),
        ("file:///", "names no folder"),
        ("s3://bucket/folder?nonsense=1", "cannot be opened"),
    ],
)
def test_invalid_uris_are_refused(uri, message):
    with pytest.raises(InputError, match=message):
        Location(uri)


def test_what_is_a_store(tmp_path):
    assert is_uri("s3://bucket/a")
    assert not is_uri("C://a")
    assert not is_uri("data.csv")
    assert not is_store(tmp_path)
    (tmp_path / "index.json").write_text("{}")
    assert is_store(tmp_path)
    assert is_store(str(tmp_path))
