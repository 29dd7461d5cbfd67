"""A small export that is made without Keras."""

import pytest

from kbert import Tokenizer
from kbert.serving.export_settings import ExportSettings

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "moving", "story", "dull", "mess", "."]


@pytest.fixture(scope="session")
def tokenizer():
    return Tokenizer(PIECES)


@pytest.fixture(scope="session")
def export_folder(tokenizer, tmp_path_factory):
    """An ONNX export whose program computes softmax([m, -m]), m the mean id of the real tokens."""
    from onnx import TensorProto, checker, helper, save

    nodes = [
        helper.make_node("Mul", ["token_ids", "padding_mask"], ["real"]),
        helper.make_node("Cast", ["real"], ["ids"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["padding_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["ids", "axis"], ["sum"]),
        helper.make_node("ReduceSum", ["mask", "axis"], ["count"]),
        helper.make_node("Div", ["sum", "count"], ["mean"]),
        helper.make_node("Neg", ["mean"], ["negative"]),
        helper.make_node("Concat", ["mean", "negative"], ["logits"], axis=1),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    names = "token_ids", "segment_ids", "padding_mask"
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT32, ["rows", "width"]) for n in names]
    output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["rows", 2])
    axis = helper.make_tensor("axis", TensorProto.INT64, [1], [1])
    graph = helper.make_graph(nodes, "mean", inputs, [output], [axis])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    checker.check_model(model)
    folder = tmp_path_factory.mktemp("exports") / "onnx"
    folder.mkdir()
    save(model, folder / "model.onnx")
    settings = {k: v for k, v in tokenizer.get_config().items() if k != "vocabulary"}
    ExportSettings(
        kind="onnx",
        file="model.onnx",
        labels=("high", "low"),
        max_length=12,
        length=None,
        int8=False,
        text_pairs=False,
        tokenizer=settings,
    ).write(folder)
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    return folder
