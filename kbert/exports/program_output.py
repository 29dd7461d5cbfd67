"""What a program computes."""

from typing import Any


def program_output(model: Any, inputs: Any) -> Any:
    """Return the probabilities, or the numbers, of each row; the logits if texts have several rows.

    Windows are pooled before the activation: by the program's caller, who knows whose they are.

    Args:
        model: BertClassifier.
        inputs: dict of int32 tensors [rows, width] of the backend that Keras runs on.

    Returns:
        A tensor [rows, labels], which programs name by `output_name`.
    """
    import keras

    outputs = model(inputs, training=False)
    if model.tokenizer.windows is not None:
        return outputs
    return getattr(keras.activations, model.target.activation)(outputs)
