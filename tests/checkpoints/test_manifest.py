import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.checkpoints import manifest
from kbert.checkpoints.manifest import (
    checksum_of,
    commit_folder,
    verified_files,
    weights_checksum,
    write_manifest,
)
from kbert.errors import KbertError

LISTED = ("model.safetensors", "optimizer.safetensors", "state.json")
FILES = ("COMMITTED", "manifest.json", *LISTED)
DEEP = "[" * 200_000 + "]" * 200_000


def write(path, number=1):
    """Write files like a checkpoint's; each number gives other contents of equal length."""
    path.mkdir()
    for name in LISTED:
        (path / name).write_bytes(f"{name} {number}".encode() * 8)
    commit_folder(path, write_manifest(path))
    return path


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # fsync takes seconds on a busy disk


@pytest.fixture
def whole(tmp_path):
    return write(tmp_path / "000001-epoch-1")


def checksum(content):
    return hashlib.sha256(content).hexdigest()


def seal_text(path, manifest):
    (path / "manifest.json").write_text(manifest, encoding="utf-8")
    (path / "COMMITTED").write_text(checksum(manifest.encode()) + "\n")


def refused(path):
    with pytest.raises(KbertError) as caught:
        verified_files(path)
    return str(caught.value)


def test_unchanged_files_are_verified(whole):
    assert sorted(os.listdir(whole)) == [*FILES]
    assert verified_files(whole) == [*LISTED]


def test_the_checksum_of_the_weights(whole):
    assert weights_checksum(whole) == checksum_of(whole / "model.safetensors")
    assert weights_checksum(whole) == checksum((whole / "model.safetensors").read_bytes())
    for text in ("", "[]", '{"files": {}}', DEEP):
        (whole / "manifest.json").write_text(text)
        assert weights_checksum(whole) is None
    assert weights_checksum(whole / "none") is None


def truncate(file, other):
    # The last byte of COMMITTED is its newline, which does not matter.
    file.write_bytes(file.read_bytes()[: -2 if file.name == "COMMITTED" else -1])


def empty(file, other):
    file.write_bytes(b"")


def lengthen(file, other):
    file.write_bytes(file.read_bytes() + b"0")


def flip(file, other):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def remove(file, other):
    file.unlink()


def swap(file, other):
    assert file.read_bytes() != (other / file.name).read_bytes()
    shutil.copyfile(other / file.name, file)


def make_directory(file, other):
    file.unlink()
    file.mkdir()


DAMAGES = (truncate, empty, lengthen, flip, remove, swap, make_directory)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named(name, damage, whole, tmp_path):
    other = write(tmp_path / "000002-epoch-2", 2)
    damage(whole / name, other)
    message = refused(whole)
    assert str(whole) in message
    assert name in message
    others = set(FILES) - {name, "COMMITTED"}
    if name == "COMMITTED":
        others -= {"manifest.json"}  # either of the two may be at fault
    assert not [each for each in others if each in message]
    verified_files(other)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_flipped_bit_in_any_file_is_found(data):
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "a")
        file = path / data.draw(st.sampled_from(FILES))
        content = bytearray(file.read_bytes())
        end = len(content) - (file.name == "COMMITTED")
        content[data.draw(st.integers(0, end - 1))] ^= 1 << data.draw(st.integers(0, 7))
        file.write_bytes(content)
        assert file.name in refused(path)


def test_the_message_says_what_was_found(whole):
    file = whole / "model.safetensors"
    size = file.stat().st_size
    truncate(file, None)
    assert refused(whole) == (
        f"{file} is damaged: it has {size - 1:,} bytes, but {size:,} were written."
    )
    file.unlink()
    assert refused(whole) == f"{file} is missing."
    (whole / "COMMITTED").unlink()
    assert refused(whole) == f"{whole} was never finished: it has no readable COMMITTED."
    assert refused(whole / "none") == f"{whole / 'none'} is missing."


@pytest.mark.parametrize("name", FILES)
def test_a_symlink_is_refused(name, whole, tmp_path):
    outside = tmp_path / "outside"
    (whole / name).rename(outside)
    (whole / name).symlink_to(outside)
    assert name in refused(whole)


@pytest.mark.parametrize(
    "name", ["../x", "{tmp_path}/x", "../a/../x", "inside/x", "./state.json", "inside/../x"]
)
def test_a_manifest_may_list_only_plain_file_names(name, whole, tmp_path):
    name = name.format(tmp_path=tmp_path)
    for folder in (tmp_path / "a", whole / "inside"):
        folder.mkdir()
    content = (whole / "state.json").read_bytes()
    (whole / name).write_bytes(content)
    files = json.loads((whole / "manifest.json").read_text())["files"]
    files[name] = {"bytes": len(content), "sha256": checksum(content)}
    seal_text(whole, json.dumps({"files": files}))
    assert Path(name).name in refused(whole)


def test_a_manifest_without_the_state_is_refused(whole):
    files = json.loads((whole / "manifest.json").read_text())["files"]
    del files["state.json"]
    seal_text(whole, json.dumps({"files": files}))
    assert "state.json" in refused(whole)


@pytest.mark.parametrize(
    "manifest",
    [
        *("", "{", "[]", "{}", '{"files": 3}', '{"files": {"state.json": {}}}', DEEP),
        *(
            '{"files": {"state.json": {"bytes": "9", "sha256": ""}}}',
            '{"files": {"a\\u0000b": {}}}',
        ),
        *('{"files": {"": {"bytes": 1, "sha256": ""}}}', f'{{"files": {{"{"a" * 300}": 1}}}}'),
        f'{{"files": {{"state.json": {{"bytes": {DEEP}}}}}}}',
    ],
    ids=lambda manifest: manifest[:60],
)
def test_a_malformed_manifest_with_a_valid_checksum_is_refused(manifest, whole):
    seal_text(whole, manifest)
    before = {file: file.read_bytes() for file in whole.iterdir()}
    assert str(whole) in refused(whole)
    assert before == {file: file.read_bytes() for file in whole.iterdir()}


def test_an_oversized_state_is_not_read(whole, monkeypatch):
    monkeypatch.setattr(manifest, "_MAX_STATE", 10)
    assert refused(whole).startswith(f"{whole / 'state.json'} has ")


@pytest.mark.parametrize("name", ["manifest.json", "COMMITTED"])
def test_a_pipe_is_refused_at_once(name, whole):
    (whole / name).unlink()
    os.mkfifo(whole / name)
    with pytest.raises(KbertError, match=rf"{name} is a device or a pipe; a file was expected"):
        verified_files(whole)
