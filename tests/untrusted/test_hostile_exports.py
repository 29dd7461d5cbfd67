"""Exports that someone means harm with: nothing outside of their folder is read."""

import json

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
def test_weights_elsewhere_are_not_read(location, folder, outside):
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
def test_a_program_elsewhere_is_not_named(file, folder):
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
def test_a_pickle_is_no_program(kind, folder, payload):
    for name in ("model.onnx", "model.bin"):
        (folder / name).write_bytes(payload)
    change(folder, kind=kind)
    with pytest.raises(KbertError, match="model.onnx cannot be opened"):
        Predictor.load(folder)
