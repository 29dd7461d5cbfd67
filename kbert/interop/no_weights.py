"""The error for a folder that describes a model but holds no weights."""

from pathlib import Path

from kbert.errors import InputError
from kbert.findings import Cure

# Weights of the same model in other programs' formats, or under another name.
_OTHERS = (".h5", ".msgpack", ".safetensors", ".bin", ".pt", ".pth", ".onnx", ".gguf")


def no_weights(folder: Path, expected: str) -> InputError:
    """Return the error, with the names of the files that were looked for, and of others."""
    random = Cure({"weights": "random"}, note="to train a new model of that size")
    others = sorted(file.name for file in folder.iterdir() if file.suffix in _OTHERS)
    if not others:
        return InputError(
            "{folder} holds no weights ({expected}).", folder=folder, expected=expected, cure=random
        )
    return InputError(
        "{folder} holds no weights ({expected}); {others} is not read.",
        folder=folder,
        expected=expected,
        others=others[0],
        cure=Cure(
            note="write the model with save_pretrained of transformers, of version 4 if its "
            "weights are TensorFlow's or Flax's",
            otherwise=(random,),
        ),
    )
