"""task.json and preprocessor.json of a keras-hub BertTextClassifier."""

from pathlib import Path
from typing import Any

from kbert.errors import InputError
from kbert.findings import Call
from kbert.interop.config_checks import check_dropout
from kbert.targets.multi import Multi
from kbert.targets.regression import Regression
from kbert.targets.single import Single
from kbert.targets.target import Target
from kbert.utils.untrusted import read_json

TASK_FILE, MAX_LENGTH_FILE = "task.json", "preprocessor.json"
# The head's output: logits, or probabilities of the classes, or of each label by itself.
_ACTIVATIONS = (None, "linear", "softmax", "sigmoid")


def read_task(file: Path) -> dict[str, Any]:
    """Return the checked arguments of a `BertTextClassifier`."""
    saved = read_json(file)
    if saved.get("class_name") != "BertTextClassifier":
        raise InputError(
            "{file} holds a {task!s:.80}; of keras-hub's tasks kbert supports only the "
            "BertTextClassifier. To train a new head on its backbone: {train}",
            file=file,
            task=saved.get("class_name"),
            train=Call("train", "DATA", preset=file.parent, output="NEW"),
        )
    config = saved.get("config")
    classes = config.get("num_classes") if isinstance(config, dict) else None
    if not isinstance(config, dict) or type(classes) is not int or not 1 <= classes <= 10**6:
        raise InputError(
            "{file}: num_classes must be a whole number from 1 to 1,000,000. Received: "
            "{classes!r:.80}",
            file=file,
            classes=classes,
        )
    if config.get("activation") not in _ACTIVATIONS:
        raise InputError(
            "{file}: the head's activation must be softmax or none, for one label per text, or "
            "sigmoid, for several. Received: {activation!r:.80}",
            file=file,
            activation=config["activation"],
        )
    check_dropout(config.get("dropout", 0.1), file)
    return config


def task_target(config: dict[str, Any], file: Path) -> Target:
    """Return what the outputs of a `BertTextClassifier` mean.

    Args:
        config: dict. Its checked arguments.
        file: Path. Where they were read.

    Raises:
        InputError: it has a softmax over one class.
    """
    activation = config.get("activation")
    if activation == "sigmoid":
        return Multi()
    if config["num_classes"] > 1:
        return Single()
    if activation == "softmax":
        raise InputError("{file}: a softmax over one class predicts nothing.", file=file)
    return Regression()


def read_length(file: Path) -> int | None:
    """Return the number of tokens that texts were cut to, or None if there is no preprocessor."""
    if not file.is_file():
        return None
    config = read_json(file).get("config")
    length = config.get("sequence_length") if isinstance(config, dict) else None
    if length is not None and (type(length) is not int or length < 3):
        raise InputError(
            "{file}: sequence_length must be a whole number of at least 3. Received: "
            "{length!r:.80}",
            file=file,
            length=length,
        )
    return length
