"""What a program computes."""

from typing import Any


def program_output(model: Any, inputs: Any) -> Any:
    """Return the probabilities, or the numbers, of each row; the logits if texts have several rows.

    Windows are pooled before the activation. The program's caller pools them, since it knows which
    text each belongs to.

    Args:
        model: BertClassifier.
        inputs: dict of int32 tensors [rows, width] of the backend that Keras runs on.

    Returns:
        A tensor [rows, labels]; `output_name` returns its name in programs.
    """
    import keras

    outputs = model(inputs, training=False)
    if model.tokenizer.windows is not None:
        return outputs
    return getattr(keras.activations, model.target.activation)(outputs)
