"""Malicious exports: nothing outside their folder is read."""

import json
import os

import pytest

from kbert import KbertError, Predictor

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"]


@pytest.fixture
def folder(tmp_path):
    """An export without its program."""
    path = tmp_path / "export"
    path.mkdir()
    settings = {
        "format": "kbert-export-1",
        **{"kind": "onnx", "file": "model.onnx", "labels": ["a", "b"], "max_length": 12},
        **{"length": None, "int8": False, "text_pairs": None, "tokenizer": {}},
    }
    (path / "kbert.json").write_text(json.dumps(settings))
    (path / "vocab.txt").write_text("\n".join(PIECES))
    return path


def change(folder, **values):
    path = folder / "kbert.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize("location", ["../outside/secret.txt", "{absolute}", "link"])
def test_weights_outside_the_folder_are_not_read(location, folder, outside):
    from onnx import TensorProto, helper, save

    (folder / "link").symlink_to(outside)
    weights = TensorProto(name="w", data_type=TensorProto.UINT8, dims=[8])
    weights.data_location = TensorProto.EXTERNAL
    location = location.replace("{absolute}", str(outside))
    weights.external_data.add(key="location", value=location)
    weights.external_data.add(key="length", value="8")
    output = helper.make_tensor_value_info("probabilities", TensorProto.UINT8, [8])
    identity = helper.make_node("Identity", ["w"], ["probabilities"])
    graph = helper.make_graph([identity], "g", [], [output], [weights])
    opsets = [helper.make_opsetid("", 20)]
    save(helper.make_model(graph, opset_imports=opsets, ir_version=10), folder / "model.onnx")
    with pytest.raises(KbertError, match="model.onnx cannot be opened"):
        Predictor.load(folder)


@pytest.mark.parametrize("file", ["../outside/secret.txt", "/etc/passwd", "a/b", "", 3, None])
def test_a_program_outside_the_folder_is_refused(file, folder):
    change(folder, file=file)
    with pytest.raises(KbertError, match="file is not of the kind that kbert export writes"):
        Predictor.load(folder)


@pytest.mark.parametrize("kind", ["saved_model", "torch", "keras", "../programs"])
def test_what_could_run_code_is_not_opened(kind, folder, payload):
    (folder / "model.onnx").write_bytes(payload)
    change(folder, kind=kind)
    with pytest.raises(KbertError, match="kbert runs only onnx, openvino and litert"):
        Predictor.load(folder)


@pytest.mark.parametrize("kind", ["onnx", "openvino", "litert"])
def test_a_pickle_is_not_a_program(kind, folder, payload):
    for name in ("model.onnx", "model.bin"):
        (folder / name).write_bytes(payload)
    change(folder, kind=kind)
    with pytest.raises(KbertError, match="model.onnx cannot be opened"):
        Predictor.load(folder)


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        ("openvino", "model.onnx"),
        ("openvino", "1"),
        ("openvino", "saved_model.pb"),
        ("onnx", "model.ort"),
        ("onnx", "model.xml"),
        ("litert", "model.onnx"),
        ("litert", "1"),
    ],
)
def test_each_kind_has_one_ending(kind, file, folder, outside):
    """OpenVINO opens ONNX programs and SavedModels too, and follows the links in these."""
    saved = folder / "1"
    saved.mkdir()
    (saved / "saved_model.pb").symlink_to(outside)
    for name in ("model.onnx", "model.ort", "model.xml", "saved_model.pb"):
        (folder / name).write_bytes(b"x")
    change(folder, kind=kind, file=file)
    with pytest.raises(KbertError, match=rf"{file} cannot be opened: the file of .* ends in "):
        Predictor.load(folder)


@pytest.mark.parametrize(
    ("kind", "file"),
    [("onnx", "model.onnx"), ("openvino", "model.xml"), ("litert", "model.tflite")],
)
def test_a_program_is_a_regular_file_of_the_folder(kind, file, folder, outside):
    change(folder, kind=kind, file=file)
    with pytest.raises(KbertError, match="cannot be opened: No such file"):
        Predictor.load(folder)
    (folder / file).mkdir()
    with pytest.raises(KbertError, match=rf"{file} cannot be opened: it is a folder"):
        Predictor.load(folder)
    (folder / file).rmdir()
    os.mkfifo(folder / file)
    with pytest.raises(KbertError, match="is a device or a pipe"):
        Predictor.load(folder)
    (folder / file).unlink()
    (folder / file).symlink_to(outside)
    with pytest.raises(KbertError, match="nothing outside the folder is read"):
        Predictor.load(folder)


def test_an_onnx_program_under_openvinos_name(folder):
    from onnx import TensorProto, helper, save

    output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1])
    node = helper.make_node("Constant", [], ["probabilities"], value_floats=[1.0])
    graph = helper.make_graph([node], "g", [], [output])
    save(helper.make_model(graph, ir_version=10), folder / "model.xml", format="protobuf")
    (folder / "model.bin").touch()
    change(folder, kind="openvino", file="model.xml")
    with pytest.raises(KbertError, match="cannot be opened: it is not XML"):
        Predictor.load(folder)
