"""Folders that `save_to_preset` of keras-hub writes: a BERT backbone, or a text classifier on one.

The class names in the files are only compared, never looked up: nothing is deserialized.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kbert.choices import Gelu
from kbert.findings import Message, worded
from kbert.interop.config_checks import (
    HUB_ARGUMENTS,
    check_backbone,
    check_fits_file,
    with_defaults,
)
from kbert.interop.h5_weights import read_h5
from kbert.interop.keras_hub_task import (
    MAX_LENGTH_FILE,
    TASK_FILE,
    read_length,
    read_task,
    task_target,
)
from kbert.interop.keras_hub_tokenizer import keras_hub_tokenizer
from kbert.interop.labels_file import read_labels_file
from kbert.interop.model_data import ModelData
from kbert.interop.no_weights import no_weights
from kbert.interop.source import Source, other_model
from kbert.interop.weight_specs import weight_specs
from kbert.interop.weights import WeightSpec
from kbert.targets.single import Single
from kbert.targets.target import Target
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.untrusted import check_file, read_json
from kbert.utils.untrusted_weights import h5_size

_WEIGHTS, _TASK_WEIGHTS = "model.weights.h5", "task.weights.h5"
_TOKENIZER_NOTE = Message(
    "Texts are tokenized as in Google's code; keras-hub's own tokenizer differs on some "
    "full-width and composed characters."
)


class KerasHubFolder(Source):
    """A keras-hub BertBackbone, or a BertTextClassifier on one."""

    kind = Message("a keras-hub BERT")

    @classmethod
    def recognises(cls, name: str) -> bool:
        file = Path(name) / "config.json"
        return file.is_file() and {"class_name", "registered_name"} <= read_json(file).keys()

    def check(self) -> None:
        saved = read_json(self.local_path / "config.json").get("class_name")
        if saved != "BertBackbone":
            raise other_model(self.name, saved)

    def labels(self) -> tuple[str, ...] | None:
        return read_labels_file(self.local_path)

    def target(self) -> Target:
        file = self.local_path / TASK_FILE
        return task_target(read_task(file), file) if file.is_file() else Single()

    def max_length(self) -> int | None:
        return read_length(self.local_path / MAX_LENGTH_FILE)

    def tokenizer(self) -> Tokenizer:
        return keras_hub_tokenizer(self.local_path)

    def sizes(self) -> tuple[dict[str, Any], Gelu]:
        self.check()
        file = self.local_path / "config.json"
        config: dict[str, Any] = read_json(file).get("config", {})
        check_backbone(config, file)
        return with_defaults(
            {name: config[name] for name in HUB_ARGUMENTS if name in config}
        ), "tanh"

    def read(self, *, head: bool = True) -> ModelData:
        folder = self.local_path
        sizes, gelu = self.sizes()
        arrays = _read_arrays(folder / _WEIGHTS, weight_specs(sizes), sizes)
        if not head or not (folder / TASK_FILE).is_file():
            return ModelData(
                kind=self.kind,
                source=self.name,
                backbone=sizes,
                gelu=gelu,
                read_tokenizer=self.tokenizer,
                arrays=arrays,
            )
        task = read_task(folder / TASK_FILE)
        classes, target = task["num_classes"], task_target(task, folder / TASK_FILE)
        head_specs = [spec for spec in weight_specs(sizes, classes) if spec.is_head]
        length = self.max_length()
        return ModelData(
            kind=worded("a keras-hub BertTextClassifier"),
            source=self.name,
            backbone=sizes,
            gelu=gelu,
            # The head was trained with the folder's treatment of accents.
            read_tokenizer=lambda: keras_hub_tokenizer(folder, accents=True),
            arrays=arrays | _read_arrays(folder / _TASK_WEIGHTS, head_specs),
            classes=classes,
            labels=self.labels(),
            target=target,
            dropout=task.get("dropout", 0.1),
            max_length=None if length is None else min(length, sizes["max_sequence_length"]),
            notes=(_TOKENIZER_NOTE,),
        )


def read_keras_hub(folder: str | Path, *, head: bool = True) -> ModelData:
    """Return the model of a keras-hub folder: its backbone, and the head of a BertTextClassifier.

    Args:
        folder: str or Path.
        head: bool. Whether to read the head of a folder that has a task. Defaults to True.

    Raises:
        InputError: the backbone is not a BERT, the task is not a BertTextClassifier, or weights
            are missing, surplus or misshapen.
    """
    return KerasHubFolder(str(folder)).read(head=head)


def _read_arrays(
    file: Path, specs: list[WeightSpec], sizes: Mapping[str, int] | None = None
) -> dict[str, np.ndarray]:
    """Return the weights of one of the folder's files, which must fit the sizes if given."""
    if not file.is_file():
        raise no_weights(file.parent, file.name)
    check_file(file, file.parent)
    held = h5_size(file, file)
    if sizes is not None:
        check_fits_file(sizes, 0, held, file)
    return read_h5(file, file, specs, format="keras-hub")
