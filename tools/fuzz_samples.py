"""Valid files of every kind that kbert reads, for tools/fuzz.py to mutate."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "##b", "é"]
SIZES = {
    "vocabulary_size": 7,
    "num_layers": 1,
    "num_heads": 2,
    "hidden_dim": 4,
    "intermediate_dim": 4,
    "max_sequence_length": 16,
}
SPEC = {
    "model": {"type": "WordPiece", "vocab": {p: i for i, p in enumerate(PIECES)}},
    "normalizer": {"type": "BertNormalizer", "lowercase": True, "strip_accents": None},
}
CONFIG = {
    "format": "kbert-model-1",
    "backbone": SIZES,
    "labels": ["a", "b"],
    "tokenizer": {"lowercase": True, "strip_accents": None, "split_cjk": True},
    "max_length": 12,
    "gelu": "erf",
    "dtype": "float32",
    "name": "x",
}
ADDED = [
    {"id": 7, "content": "<x>", "normalized": True, "lstrip": True, "special": False},
    {"id": 8, "content": "[Y]", "normalized": False, "single_word": True, "rstrip": True},
]
EXPORT = {
    "format": "kbert-export-1",
    "kind": "onnx",
    "file": "model.onnx",
    "labels": ["a", "b"],
    "max_length": 12,
    "length": None,
    "int8": False,
    "text_pairs": None,
    "tokenizer": {"lowercase": True, "added_tokens": ADDED[:1]},
}
BERT = {
    "model_type": "bert",
    "vocab_size": 7,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "hidden_size": 4,
    "intermediate_size": 4,
    "max_position_embeddings": 16,
    "id2label": {"0": "a", "1": "b"},
    "problem_type": "single_label_classification",
}
DECODER = {
    "do_lower_case": True,
    "added_tokens_decoder": {str(t["id"]): {n: t[n] for n in t if n != "id"} for t in ADDED},
    "bos_token": {"__type": "AddedToken", "content": "a", "lstrip": True},
    "additional_special_tokens": ["##b"],
}


def parquet() -> list[bytes]:
    """Return valid Parquet files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = []
    for table in (
        pa.table({"text": ["a", "bb", "c"], "label": ["x", "y", "x"]}),
        pa.table({"text": ["a", None], "label": [1.5, 2.0], "tags": [["x"], []]}),
    ):
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        files.append(sink.getvalue().to_pybytes())
    return files


def arrow() -> list[bytes]:
    """Return an Arrow file and an Arrow stream."""
    import pyarrow as pa

    table = pa.table({"text": ["a", "b", None], "label": ["x", "y", "x"], "more": [[1], [], None]})
    made = []
    for new in (pa.ipc.new_file, pa.ipc.new_stream):
        sink = pa.BufferOutputStream()
        with new(sink, table.schema) as writer:
            writer.write_table(table)
        made.append(sink.getvalue().to_pybytes())
    return made


def archive() -> list[bytes]:
    """Return zip archives of a CSV, stored and compressed."""
    made = []
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", compression) as file:
            file.writestr("a.csv", "text,label\na,x\nb,y\n")
        made.append(sink.getvalue())
    return made


def safetensors() -> bytes:
    """Return a valid safetensors file."""
    import numpy as np
    from safetensors.numpy import save

    return save({"a": np.zeros((2, 3), np.float32), "b/c": np.ones(4, np.float16)})


def h5(arrays: dict[str, Any] | None = None) -> bytes:
    """Return a valid HDF5 file, with these arrays if any are given."""
    import h5py
    import numpy as np

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, array in (
            arrays or {"layers/dense/vars/0": np.zeros((2, 3), np.float32)}
        ).items():
            file[name] = array
        file["layers/dense"].attrs["name"] = "dense"
    return buffer.getvalue()


def keras_file() -> bytes:
    """Return a valid .keras file of another model."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps({"class_name": "x", "config": CONFIG}))
        archive.writestr("model.weights.h5", h5())
    return buffer.getvalue()


def google_file(name: str) -> bytes:
    """Return a file of the tiny release that Google's own code wrote."""
    folder = Path(__file__).parents[1] / "tests" / "data" / "reference" / "tiny_checkpoint"
    return (folder / name).read_bytes()


def as_json(value: Any) -> bytes:
    """Return JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False).encode()


def _weights(form: Any, labels: int = 2) -> dict[str, Any]:
    """Return arrays of zeros with the names and shapes of a format."""
    import numpy as np

    from kbert.interop.weight_specs import weight_specs

    found = weight_specs({**SIZES, "num_segments": 2}, labels)
    return {w.name_in(form): np.zeros(w.shape_in(form), np.float32) for w in found}


def bert(form: str) -> bytes:
    """Return the safetensors file of a tiny classifier."""
    from safetensors.numpy import save

    return save(_weights(form))


def keras_hub_files() -> dict[str, bytes]:
    """Return the files of a tiny keras-hub text classifier."""
    task = {"num_classes": 2, "activation": "softmax", "dropout": 0.1}
    settings = {"lowercase": True, "strip_accents": False, "suffix_indicator": "##"}
    arrays = _weights("keras-hub", 0)
    head = {n: a for n, a in _weights("keras-hub").items() if a.shape in ((4, 2), (2,))}
    return {
        "config.json": as_json({"class_name": "BertBackbone", "config": SIZES}),
        "task.json": as_json({"class_name": "BertTextClassifier", "config": task}),
        "preprocessor.json": as_json({"config": {"sequence_length": 12}}),
        "tokenizer.json": as_json({"class_name": "BertTokenizer", "config": settings}),
        "assets/tokenizer/vocabulary.txt": "\n".join(PIECES).encode(),
        "model.weights.h5": h5(arrays),
        "task.weights.h5": h5(head),
    }


def onnx_file() -> bytes:
    """Return a small ONNX program."""
    from onnx import TensorProto, helper

    given = helper.make_tensor_value_info("token_ids", TensorProto.INT32, ["rows", "width"])
    result = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["rows", "width"])
    cast = helper.make_node("Cast", ["token_ids"], ["ids"], to=TensorProto.FLOAT)
    softmax = helper.make_node("Softmax", ["ids"], ["probabilities"])
    graph = helper.make_graph([cast, softmax], "g", [given], [result])
    opsets = [helper.make_opsetid("", 20)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()
