import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from kbert import KbertError
from kbert.serving.sessions import import_openvino, open_session


def feed(rows=2, width=8):
    ids = np.arange(rows * width, dtype=np.int32).reshape(rows, width)
    ones = np.ones_like(ids)
    return {"token_ids": ids, "segment_ids": ones - 1, "padding_mask": ones}


def test_onnx(export_folder):
    program = open_session("onnx", export_folder / "model.onnx", threads=1)
    found = program(feed())
    means = np.array([3.5, 11.5])
    np.testing.assert_allclose(found[:, 0], 1 / (1 + np.exp(-2 * means)), rtol=1e-5)


def test_openvino_reads_it_too(export_folder, tmp_path):
    openvino = import_openvino()
    model = openvino.convert_model(export_folder / "model.onnx")
    openvino.save_model(model, tmp_path / "model.xml", compress_to_fp16=False)
    program = open_session("openvino", tmp_path / "model.xml", threads=1)
    onnx = open_session("onnx", export_folder / "model.onnx")
    feeds = [feed(rows, width) for rows in (1, 3) for width in (8, 16)]
    with ThreadPoolExecutor(4) as pool:  # as a server calls it
        for one, found in zip(feeds * 5, pool.map(program, feeds * 5), strict=True):
            np.testing.assert_allclose(found, onnx(one), atol=1e-6)


def test_openvino_loads_no_telemetry(export_folder, tmp_path):
    code = (
        "import os, sys, threading\n"
        "os.register_at_fork(before=lambda: print('forked'))\n"
        "from kbert.serving.sessions import import_openvino\n"
        f"import_openvino().convert_model({str(export_folder / 'model.onnx')!r})\n"
        "print([n for n, m in sys.modules.items() if 'openvino_telemetry' in n and m])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("kind", ["onnx", "openvino", "litert"])
def test_a_broken_file_is_refused(kind, tmp_path):
    for name in ("model", "model.bin"):
        (tmp_path / name).write_bytes(b"no program " * 9)
    with pytest.raises(KbertError, match="model cannot be opened: "):
        open_session(kind, tmp_path / "model")


@pytest.mark.parametrize("kind", ["onnx", "openvino", "litert"])
def test_a_missing_file_is_refused(kind, tmp_path):
    with pytest.raises(KbertError, match="model.x cannot be opened: .*No such file"):
        open_session(kind, tmp_path / "model.x")


def test_a_file_outside_the_folder_is_not_read(export_folder, tmp_path):
    (tmp_path / "export").mkdir()
    shutil.copy(export_folder / "model.onnx", tmp_path)
    (tmp_path / "export" / "model.onnx").symlink_to(tmp_path / "model.onnx")
    with pytest.raises(KbertError, match="nothing outside the folder is read"):
        open_session("onnx", tmp_path / "export" / "model.onnx")


@pytest.mark.parametrize(
    ("kind", "package"),
    [
        ("onnx", "onnxruntime"),
        ("openvino", "openvino"),
        ("litert", "ai_edge_litert"),
    ],
)
def test_a_missing_runtime_is_named(kind, package, tmp_path, monkeypatch):
    for name in ("model", "model.bin"):
        (tmp_path / name).touch()
    for name in [n for n in sys.modules if n.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    name = package.replace("_", "-")
    message = f"needs the package {name}. Install it: pip install {name}$"
    with pytest.raises(KbertError, match=message):
        open_session(kind, tmp_path / "model")


def test_another_kind_is_refused(tmp_path):
    with pytest.raises(KbertError, match="an export in the format 'torch'.*README.md tells how"):
        open_session("torch", tmp_path / "model.pt2")
