"""ONNX, for ONNX Runtime and other readers.

Keras's `Model.export(format="onnx")` returns logits without softmax, and writes neither labels nor
tokenizer.
"""

import tempfile
from pathlib import Path
from typing import Any

from kbert.data.padding import INPUTS
from kbert.exports.formats.reopen_with_predictor import reopen
from kbert.exports.formats.torch import exported_program
from kbert.serving.sessions import output_name

__all__ = ["FILE", "reopen", "write"]

FILE = "model.onnx"


def write(model: Any, folder: Path, length: int | None, int8: bool) -> None:
    """Write model.onnx; Keras runs on torch."""
    import torch

    program = exported_program(model, length)
    program = program.run_decompositions({torch.ops.aten.einsum.default: _as_matrix_product})
    outputs = [output_name(model.tokenizer.long_text)]
    converted = torch.onnx.export(
        program, input_names=list(INPUTS), output_names=outputs, dynamo=True, verbose=False
    )
    converted.save(folder / FILE, external_data=False)
    if int8:
        _to_int8(folder / FILE)


def _as_matrix_product(equation: str, operands: Any, *, path: Any = None) -> Any:
    """Rewrite the einsum of a dense layer as a matrix product, which runtimes can quantize.

    Its shared letters must end the first operand, begin the second, and be summed over.
    """
    first, second = operands
    terms, result = equation.split("->")
    left, right = terms.split(",")
    shared = "".join(letter for letter in right if letter in left)
    kept = left.removesuffix(shared), right.removeprefix(shared)
    if not left.endswith(shared) or not right.startswith(shared) or "".join(kept) != result:
        return NotImplemented
    rows = first.shape[: len(kept[0])]
    columns = second.shape[len(shared) :]
    summed = second.shape[: len(shared)].numel()
    product = first.reshape(*rows, summed) @ second.reshape(summed, columns.numel())
    return product.reshape(*rows, *columns)


def _to_int8(file: Path) -> None:
    """Round the weights to 8 bits, one scale per column; the runtime rounds the activations."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as between:
        folded = Path(between) / FILE  # the graph reshapes weights until they are folded
        quant_pre_process(file, folded, skip_symbolic_shape=True)
        quantize_dynamic(folded, file, weight_type=QuantType.QInt8, per_channel=True)
