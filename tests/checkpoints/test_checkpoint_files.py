import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from kbert.checkpoints.checkpoint_files import FORMAT, read_checkpoint, write_files
from kbert.checkpoints.manifest import commit_folder, write_manifest
from kbert.checkpoints.position import Position
from kbert.errors import KbertError

ARRAYS = ("counters.safetensors", "model.safetensors", "optimizer.safetensors")
FILES = tuple(sorted(("COMMITTED", *ARRAYS, "manifest.json", "state.json")))
DEEP = "[" * 200_000 + "]" * 200_000


def write(path, number=1, **more):
    """Write a checkpoint like a training run's; each number gives other contents, equally long."""
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
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # fsync takes seconds on a busy disk


@pytest.fixture
def whole(tmp_path):
    return write(tmp_path / "000001-epoch-1")[0]


def seal(path):
    """Write the manifest and COMMITTED that match the present files."""
    for file in (path / "manifest.json", path / "COMMITTED"):
        file.unlink(missing_ok=True)
    commit_folder(path, write_manifest(path))


def refused(path):
    with pytest.raises(KbertError) as caught:
        read_checkpoint(path)
    return str(caught.value)


def test_a_written_checkpoint_is_read_back(tmp_path):
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


@pytest.mark.parametrize("name", FILES)
def test_a_checkpoint_with_a_changed_file_is_refused(name, whole):
    content = bytearray((whole / name).read_bytes())
    content[len(content) // 2] ^= 1
    (whole / name).write_bytes(content)
    assert name in refused(whole)


def test_a_checkpoint_without_evaluations_has_none(whole):
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
def test_every_array_is_read_back_bit_for_bit(named):
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
def test_arrays_of_any_memory_layout_are_written(view):
    array = view(np.arange(12, dtype=np.float32).reshape(3, 4))
    np.testing.assert_array_equal(written_and_read({"a": array})["model"]["a"], array)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "3", "null", "\\", DEEP, f'{{"format": "{FORMAT}", "a": {DEEP}}}'),
        *(f'{{"format": "{FORMAT}"}}', f'{{"format": "{FORMAT}", "position": []}}'),
    ],
    ids=lambda text: text[:60],
)
def test_a_malformed_state_with_valid_checksums_is_refused(text, whole):
    (whole / "state.json").write_text(text)
    seal(whole)
    assert str(whole) in refused(whole)


def test_a_state_that_is_not_utf_8_is_refused(whole):
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
def test_any_state_is_read_or_refused_with_a_kbert_error(state):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "state.json").write_text(json.dumps(state), encoding="utf-8")
        seal(path)
        with suppress(KbertError):
            assert read_checkpoint(path).identity == dict(state["facts"])


def test_an_infinite_epoch_is_refused(whole):
    state = json.loads((whole / "state.json").read_text("utf-8"))
    state["position"]["epoch"] = float("inf")
    (whole / "state.json").write_text(json.dumps(state))
    seal(whole)
    assert "state.json" in refused(whole)


def test_an_unknown_format_is_named(whole):
    state = json.loads((whole / "state.json").read_text("utf-8"))
    (whole / "state.json").write_text(json.dumps({**state, "format": "kbert-checkpoint-9"}))
    seal(whole)
    assert refused(whole) == (
        f"{whole} has the format 'kbert-checkpoint-9', but this version of kbert reads {FORMAT!r}."
    )


def test_a_file_that_is_not_safetensors_is_refused(whole):
    (whole / "model.safetensors").write_bytes(b"\xff" * 64)
    seal(whole)
    assert refused(whole).startswith(f"{whole} cannot be read: ")
