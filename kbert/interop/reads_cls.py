"""Checks for programs whose classifiers read [CLS], which not every kbert model does."""

from kbert.errors import InputError
from kbert.findings import Option
from kbert.interop.model_data import ModelData


def check_reads_cls(model: ModelData, reader: str) -> None:
    """Raise InputError if a head does not read [CLS], as the program it is written for does.

    Args:
        model: ModelData.
        reader: str. The program, in the message.
    """
    if model.classes and model.pooling != "cls":
        raise InputError(
            "{reader} reads [CLS], but the head of this model reads the mean of all tokens. Export "
            "it in another format, such as onnx; or train with {pooling}.",
            reader=reader,
            pooling=Option("pooling", "cls"),
        )
