"""Programs whose classifiers read [CLS], which not every model of kbert does."""

from kbert.errors import InputError
from kbert.findings import Option
from kbert.interop.model_data import ModelData


def check_reads_cls(model: ModelData, reader: str) -> None:
    """Raise InputError where a head reads something else than the program it is written for.

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
