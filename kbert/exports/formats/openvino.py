"""OpenVINO's intermediate representation, for Intel's processors.

Keras's `Model.export(format="openvino")` returns logits without softmax, and writes neither labels
nor tokenizer.
"""

import tempfile
from pathlib import Path
from typing import Any

from kbert.data.padding import INPUTS
from kbert.exports.formats import saved_model
from kbert.exports.formats.reopen_with_predictor import reopen
from kbert.serving.sessions import import_openvino, output_name

__all__ = ["FILE", "reopen", "write"]

FILE = "model.xml"


def write(model: Any, folder: Path, length: int | None, int8: bool) -> None:
    """Write model.xml and model.bin; Keras runs on TensorFlow."""
    openvino = import_openvino()
    with tempfile.TemporaryDirectory() as between:
        saved_model.write(model, Path(between), length, int8=False)
        converted = openvino.convert_model(Path(between) / saved_model.FILE)
        assert {name for port in converted.inputs for name in port.names} >= set(INPUTS)
        assert output_name(model.tokenizer.long_text) in converted.outputs[0].names
        if int8:
            import nncf

            converted = nncf.compress_weights(converted, mode=nncf.CompressWeightsMode.INT8_ASYM)
        # By default it stores half precision.
        openvino.save_model(converted, folder / FILE, compress_to_fp16=False)
