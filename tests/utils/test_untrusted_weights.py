import io
import json
import zipfile

import h5py
import numpy as np
import pytest
from safetensors.numpy import save_file

from kbert import KbertError
from kbert.utils.untrusted_weights import check_keras_zip, h5_size, safetensors_size


def header(text, length=None, data=b""):
    text = text if isinstance(text, bytes) else json.dumps(text).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def entry(shape, start, end):
    return {"dtype": "F32", "shape": shape, "data_offsets": [start, end]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 8,
        b"\xff" * 100,
        header(b"{}", length=2**24 + 1, data=b" " * 2**24),
        header(b"["),
        header(b'{"a":' * 10_000),
        header({"a": entry([2**40, 2**40], 0, 4)}, data=bytes(4)),
        header({"a": entry([2**62], 0, 4)}, data=bytes(4)),
        header({"a": entry([-1], 0, 4)}, data=bytes(4)),
        header({"a": entry([1], 0, 400)}, data=bytes(4)),
        header({"a": entry([1], 2**62, 2**62 + 4)}, data=bytes(4)),
        header({"a": entry([1], 4, 0)}, data=bytes(4)),
        header({"a": entry([1], 0, 4), "b": entry([1], 0, 4)}, data=bytes(4)),
        header({"a": entry([2], 0, 8), "b": entry([2], 4, 12)}, data=bytes(12)),
        header({"a": entry([1], 0, 4)}, data=bytes(5)),
        header({"a": {**entry([1], 0, 4), "dtype": "OBJECT"}}, data=bytes(4)),
    ],
    ids=[
        *("empty", "length", "length-and-more", "long", "json", "deep", "overflow", "large"),
        *("negative", "beyond", "far-beyond", "reversed", "same", "overlapping", "rest", "type"),
    ],
)
def test_invalid_safetensors_headers_are_refused(content, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(KbertError, match="model.safetensors cannot be read"):
        safetensors_size(path)


def test_size_of_safetensors(tmp_path):
    save_file({"a": np.zeros((2, 3)), "b": np.zeros(())}, tmp_path / "a")
    assert safetensors_size(tmp_path / "a") == (2, 7)
    with pytest.raises(KbertError, match="none cannot be read"):
        safetensors_size(tmp_path / "none")


def h5(make):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        make(file)
    return buffer


def _external_data(file):
    file.create_dataset("a", (4,), "f4", external=[("/etc/passwd", 0, 16)])


def _virtual_data(file):
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (4,))
    file.create_virtual_dataset("a", layout)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda f: f.update(a=h5py.ExternalLink("/etc/passwd", "/x")), "'a' is a link"),
        (lambda f: f.create_group("g").update(a=h5py.SoftLink("/g")), "'g/a' is a link"),
        (_external_data, "'a' lies in another file"),
        (_virtual_data, "'a' lies in another file"),
        (lambda f: f.create_dataset("a", (10**12,), "f4", chunks=(10,)), "4,000,000,000,000 bytes"),
        (
            lambda f: f.create_dataset("a", data=np.zeros(10**6), compression="gzip"),
            "claims 8,000,000 bytes",
        ),
        (lambda f: f.create_dataset("a", data=["x"], dtype=h5py.string_dtype()), "'a' claims"),
    ],
    ids=["external-link", "soft-link", "external", "virtual", "shape-bomb", "gzip", "objects"],
)
def test_unsafe_hdf5_is_refused(make, message):
    with pytest.raises(KbertError, match=f"^w: .*{message}"):
        h5_size(h5(make), "w")


def test_size_of_hdf5():
    def make(file):
        file.create_dataset("g/a", data=np.zeros((2, 3)))
        file["b"] = np.float32(1)
        file["g"]["up"] = file["/"]  # a hard link that makes a cycle

    assert h5_size(h5(make), "w") == (2, 7)
    for data in (b"", b"\x89HDF\r\n\x1a\n", h5(make).getvalue()[:300]):
        with pytest.raises(KbertError, match="w cannot be read"):
            h5_size(io.BytesIO(data), "w")


def keras_zip(path, changes=None, compression=zipfile.ZIP_STORED):
    entries = {
        "metadata.json": b"{}",
        "config.json": b'{"a": 1}',
        "model.weights.h5": h5(lambda file: file.update(a=np.zeros(3))).getvalue(),
        **(changes or {}),
    }
    with zipfile.ZipFile(path, "w", compression, compresslevel=1) as archive:
        for name, data in entries.items():
            if data is not None:
                archive.writestr(name, data)


def test_a_keras_file(tmp_path):
    keras_zip(tmp_path / "a.keras")
    assert check_keras_zip(tmp_path / "a.keras") == ({"a": 1}, (1, 3))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"../../x": b"x"}, r"contains '\.\./\.\./x', 'config"),
        ({"/etc/x": b"x"}, "contains '/etc/x', "),
        ({"model.weights.h5": None, "model.weights.npz": b"x"}, "contains .*npz'. Expected"),
        ({"assets/vocab.txt": b"x"}, "contains 'assets/vocab.txt'"),
        ({"model.weights.h5": None}, "contains 'config.json', 'metadata.json'. Expected"),
        ({"config.json": b"["}, "config.json is not JSON"),
        ({"config.json": b"[" * 100 + b"]" * 100}, "nested"),
        ({"model.weights.h5": b"x"}, "model.weights.h5 cannot be read"),
    ],
    ids=["up", "absolute", "npz", "assets", "no-weights", "json", "deep", "no-hdf5"],
)
def test_invalid_entries_of_a_keras_file_are_refused(changes, message, tmp_path):
    keras_zip(tmp_path / "a.keras", changes)
    with pytest.raises(KbertError, match=message):
        check_keras_zip(tmp_path / "a.keras")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicate_entries_are_refused(tmp_path):
    keras_zip(tmp_path / "a.keras")
    with zipfile.ZipFile(tmp_path / "a.keras", "a") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(KbertError, match="a.keras contains 'config.json'"):
        check_keras_zip(tmp_path / "a.keras")


def test_a_zip_bomb_is_refused(tmp_path):
    path = tmp_path / "a.keras"
    keras_zip(path, {"model.weights.h5": bytes(10**8)}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 500_000
    with pytest.raises(KbertError, match=r"would unpack to 100,000,\d+ bytes from \d+,\d+\. Keras"):
        check_keras_zip(path)


@pytest.mark.parametrize("size", [0, 1, 100, -1], ids=["empty", "byte", "start", "cut"])
def test_a_truncated_keras_file_is_refused(size, tmp_path):
    path = tmp_path / "a.keras"
    keras_zip(path)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(KbertError, match="a.keras cannot be loaded: "):
        check_keras_zip(path)


def test_a_broken_name_in_a_keras_file_is_refused(tmp_path):
    path = tmp_path / "a.keras"
    keras_zip(path, {"é": b"x"})
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xff\xff"))
    with pytest.raises(KbertError, match="a.keras cannot be loaded: 'utf-8' codec"):
        check_keras_zip(path)
