import io
import os

import pytest

from kbert import KbertError
from kbert.utils.untrusted import (
    check_file,
    is_plain_name,
    is_too_deep,
    iter_lines,
    parse_json,
    read_bytes,
)


def test_files_of_the_folder_are_accepted(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").symlink_to("a")
    check_file(tmp_path / "b")
    assert read_bytes(tmp_path / "b") == b"abc"


def test_a_git_lfs_pointer_is_recognized(tmp_path):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
    (tmp_path / "a").write_text(pointer)
    with pytest.raises(KbertError, match=r"a is a pointer of Git LFS; .*: git lfs pull"):
        check_file(tmp_path / "a")


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "secret").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").symlink_to("../secret")
    (tmp_path / "folder" / "loop").symlink_to("loop")
    with pytest.raises(KbertError, match=r"a leads to .*secret, but nothing outside the folder"):
        check_file(tmp_path / "folder" / "a")
    check_file(tmp_path / "folder" / "a", tmp_path)
    with pytest.raises(OSError, match="symbolic links"):
        check_file(tmp_path / "folder" / "loop")


def test_links_to_blobs_of_the_hugging_face_cache_are_accepted(tmp_path):
    snapshot = tmp_path / "models--x--bert" / "snapshots" / "1234"
    blobs = tmp_path / "models--x--bert" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    (blobs / "5678").touch()
    (tmp_path / "models--x--bert" / "secret").touch()
    (snapshot / "a").symlink_to("../../blobs/5678")
    (snapshot / "b").symlink_to("../../secret")
    check_file(snapshot / "a")
    with pytest.raises(KbertError, match="leads to"):
        check_file(snapshot / "b")


def test_pipes_devices_and_large_files_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(KbertError, match="pipe is a device or a pipe; a file was expected"):
        read_bytes(tmp_path / "pipe")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(10**8)
    with pytest.raises(KbertError, match=r"has 100,000,000 bytes; at most 33,554,432"):
        read_bytes(tmp_path / "large")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "a is not JSON"),
        (b"\xff", "a is not JSON"),
        (b"NaN", "it contains NaN, which is not a number"),
        (b"[-Infinity]", "it contains -Infinity"),
        (b"1" * 5000, "a is not JSON"),
        (b"[" * 65 + b"]" * 65, "nested more than 64 levels deep"),
        (b"[" * 10**6, "a is not JSON"),
        (b'{"a":' * 10**5, "a is not JSON"),
    ],
    ids=["broken", "bytes", "nan", "infinite", "digits", "deep", "deeper", "objects"],
)
def test_invalid_json_is_refused(data, message):
    with pytest.raises(KbertError, match=message):
        parse_json(data, "a")


def test_json_of_common_depth():
    assert parse_json(b"[" * 64 + b"]" * 64, "a") is not None
    assert not is_too_deep([[1], {"a": []}], 3)
    assert is_too_deep([[1], {"a": []}], 2)


def test_plain_names():
    assert is_plain_name("model-00001-of-00002.safetensors")
    for name in ("../x", "a/b", "/etc/x", "..", ".x", "", "a\n", "C:\\x", 1, None, ["a"]):
        assert not is_plain_name(name)


def test_overlong_lines_are_refused():
    assert list(iter_lines(io.BytesIO(b"a\nb"), "x")) == [b"a\n", b"b"]
    with pytest.raises(KbertError, match="x contains a line of more than 16,777,216 bytes"):
        list(iter_lines(io.BytesIO(b"a" * (2**24 + 1)), "x"))
