import hashlib
import json
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from kbert.checkpoints import checkpoint_files
from kbert.checkpoints.checkpoint_files import FORMAT, commit_folder, read_checkpoint, write_files
from kbert.checkpoints.position import Position
from kbert.errors import KbertError

ARRAYS = ("counters.safetensors", "model.safetensors", "optimizer.safetensors")
FILES = tuple(sorted(("COMMITTED", *ARRAYS, "manifest.json", "state.json")))
DEEP = "[" * 200_000 + "]" * 200_000


def write(path, number=1, **more):
    """Write a checkpoint like that of a training; each number has other contents, equally long."""
    named = {
        "model": {"layer/kernel": np.full((3, 4), number, np.float32)},
        "optimizer": {"layer/kernel/m": np.full((3, 4), number / 8, np.float32)},
        "counters": {"seeds/0": np.array([number, 7], np.int64)},
    }
    position = Position(number, ((8, 3),), 104, 13)
    state = {"position": position.to_dict(), "facts": {"labels": ["好", "b"]}, **more}
    path.mkdir()
    commit_folder(path, write_files(path, named, state))
    return path, named, position


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # a busy disk takes seconds for them


@pytest.fixture
def whole(tmp_path):
    return write(tmp_path / "000001-epoch-1")[0]


def checksum(content):
    return hashlib.sha256(content).hexdigest()


def seal(path):
    """Write manifest and COMMITTED by hand, as they belong to the files that are there."""
    files = {
        file.name: {"bytes": file.stat().st_size, "sha256": checksum(file.read_bytes())}
        for file in path.iterdir()
        if file.name not in ("manifest.json", "COMMITTED")
    }
    seal_text(path, json.dumps({"files": files}))


def seal_text(path, manifest):
    (path / "manifest.json").write_text(manifest, encoding="utf-8")
    (path / "COMMITTED").write_text(checksum(manifest.encode()) + "\n")


def refused(path):
    with pytest.raises(KbertError) as caught:
        read_checkpoint(path)
    return str(caught.value)


def test_what_is_written_is_read(tmp_path):
    path, named, position = write(tmp_path / "a", evaluations={"scores": [0.5, float("nan")]})
    assert sorted(os.listdir(path)) == [*FILES]
    found = read_checkpoint(path)
    assert (found.path, found.position, found.identity) == (path, position, {"labels": ["好", "b"]})
    assert str(found.evaluations) == "{'scores': [0.5, nan]}"
    assert found.arrays.keys() == named.keys()
    for file, kept in named.items():
        assert found.arrays[file].keys() == kept.keys()
        for name, array in kept.items():
            np.testing.assert_array_equal(found.arrays[file][name], array, strict=True)


@pytest.mark.parametrize("text", ["\ud800", "a\udcff", "\udc00\ud800"], ids=ascii)
def test_facts_may_hold_lone_surrogates(text, tmp_path):
    facts = {"labels": [text, "b"], text: {"source": text}}
    assert read_checkpoint(write(tmp_path / "a", facts=facts)[0]).identity == facts


def test_a_training_without_evaluations_has_none(whole):
    assert read_checkpoint(whole).evaluations is None


NAMED = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=9).filter(lambda name: name != "__metadata__"),
    arrays(
        st.sampled_from(["f2", "f4", "f8", "i4", "i8", "u1", "u4", "?"]),
        array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
    max_size=3,
)


def written_and_read(named):
    state = {"position": Position(0, (), 0, 0).to_dict(), "facts": {}}
    with tempfile.TemporaryDirectory() as folder:
        commit_folder(Path(folder), write_files(Path(folder), {"model": named}, state))
        return read_checkpoint(Path(folder)).arrays


@given(NAMED)
@settings(max_examples=40, deadline=None)
def test_every_array_comes_back_bit_by_bit(named):
    found = written_and_read(named)
    assert found.keys() == {"model"}
    assert found["model"].keys() == named.keys()
    for name, array in named.items():
        back = found["model"][name]
        assert (back.dtype, back.shape) == (array.dtype, array.shape)
        assert back.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "view",
    [np.transpose, np.asfortranarray, lambda array: array[:, ::2], lambda array: array[::-1]],
    ids=["transposed", "fortran", "sliced", "reversed"],
)
def test_an_array_may_lie_in_memory_as_it_will(view):
    array = view(np.arange(12, dtype=np.float32).reshape(3, 4))
    np.testing.assert_array_equal(written_and_read({"a": array})["model"]["a"], array)


def truncate(file, other):
    # The last byte of COMMITTED is the end of its line, which says nothing.
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
    other = write(tmp_path / "000002-epoch-2", 2)[0]
    damage(whole / name, other)
    message = refused(whole)
    assert str(whole) in message
    assert name in message
    others = set(FILES) - {name, "COMMITTED"}
    if name == "COMMITTED":
        others -= {"manifest.json"}  # either of the two may be at fault
    assert not [each for each in others if each in message]
    read_checkpoint(other)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_bit_of_any_file_may_differ(data):
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "a")[0]
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
def test_a_manifest_stays_in_its_checkpoint(name, whole, tmp_path):
    name = name.format(tmp_path=tmp_path)
    for folder in (tmp_path / "a", whole / "inside"):
        folder.mkdir()
    content = (whole / "state.json").read_bytes()
    (whole / name).write_bytes(content)
    files = json.loads((whole / "manifest.json").read_text())["files"]
    files[name] = {"bytes": len(content), "sha256": checksum(content)}
    seal_text(whole, json.dumps({"files": files}))
    assert Path(name).name in refused(whole)


def test_a_manifest_without_the_state(whole):
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
def test_a_consistent_manifest_of_another_form(manifest, whole):
    seal_text(whole, manifest)
    before = {file: file.read_bytes() for file in whole.iterdir()}
    assert str(whole) in refused(whole)
    assert before == {file: file.read_bytes() for file in whole.iterdir()}


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "3", "null", "\\", DEEP, f'{{"format": "{FORMAT}", "a": {DEEP}}}'),
        *(f'{{"format": "{FORMAT}"}}', f'{{"format": "{FORMAT}", "position": []}}'),
    ],
    ids=lambda text: text[:60],
)
def test_a_consistent_state_of_another_form(text, whole):
    (whole / "state.json").write_text(text)
    seal(whole)
    assert str(whole) in refused(whole)


def test_a_state_that_is_no_text(whole):
    (whole / "state.json").write_bytes(b'{"format": "\xff"}')
    seal(whole)
    assert refused(whole).startswith(f"{whole / 'state.json'} does not describe a checkpoint: ")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
STATES = st.fixed_dictionaries(
    {"format": st.just(FORMAT)},
    optional={
        "facts": JSON,
        "evaluations": JSON,
        "position": JSON
        | st.fixed_dictionaries(
            dict.fromkeys(("epoch", "segments", "examples_seen", "batches_done", "evaluated"), JSON)
        ),
    },
)


@given(STATES)
@settings(max_examples=100, deadline=None)
def test_any_state_is_a_checkpoint_or_refused_in_a_sentence(state):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "state.json").write_text(json.dumps(state), encoding="utf-8")
        seal(path)
        with suppress(KbertError):
            assert read_checkpoint(path).identity == dict(state["facts"])


def test_an_endless_number_in_a_state(whole):
    state = json.loads((whole / "state.json").read_text("utf-8"))
    state["position"]["epoch"] = float("inf")
    (whole / "state.json").write_text(json.dumps(state))
    seal(whole)
    assert "state.json" in refused(whole)


def test_another_format_is_named(whole):
    state = json.loads((whole / "state.json").read_text("utf-8"))
    (whole / "state.json").write_text(json.dumps({**state, "format": "kbert-checkpoint-9"}))
    seal(whole)
    assert refused(whole) == (
        f"{whole} has the format 'kbert-checkpoint-9', but this version of kbert reads {FORMAT!r}."
    )


def test_arrays_that_are_none(whole):
    (whole / "model.safetensors").write_bytes(b"\xff" * 64)
    seal(whole)
    assert refused(whole).startswith(f"{whole} cannot be read: ")


def test_an_endless_state_is_not_read(whole, monkeypatch):
    monkeypatch.setattr(checkpoint_files, "_MAX_STATE", 10)
    assert refused(whole).startswith(f"{whole / 'state.json'} has ")


@pytest.mark.parametrize("name", ["manifest.json", "COMMITTED"])
def test_a_pipe_is_refused_at_once(name, whole):
    (whole / name).unlink()
    os.mkfifo(whole / name)
    with pytest.raises(KbertError, match=rf"{name} is a device or a pipe; a file was expected"):
        read_checkpoint(whole)
