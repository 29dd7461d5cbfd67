"""Presets of keras-hub by their names or handles, downloaded by keras-hub."""

import re
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from kbert.choices import Gelu
from kbert.errors import InputError
from kbert.interop.config_checks import HUB_ARGUMENTS, check_backbone
from kbert.interop.model_data import ModelData, check_finite
from kbert.interop.source import Source, with_casing_cure
from kbert.tokenizer.tokenizer import Tokenizer

_NAME = re.compile(r"\w[\w.-]*|(kaggle|hf|modelscope)://.+")


class HubPreset(Source):
    """A BERT encoder of a hub, such as bert_base_en_uncased, kaggle://... or hf://...."""

    kind = "a keras-hub preset"

    @classmethod
    def recognises(cls, name: str) -> bool:
        return _NAME.fullmatch(name) is not None and not Path(name).exists()

    @property
    def path(self) -> None:
        return None

    def labels(self) -> NoReturn:
        raise InputError(
            "There is no file or folder {name}. Check the path; a keras-hub preset of that name "
            "would have no classification head.",
            name=self.name,
        )

    def text_pairs(self) -> NoReturn:
        self.labels()

    def num_segments(self) -> None:
        return None

    def tokenizer(self) -> Tokenizer:
        import keras_hub

        loaded = load_from_hub(self.name, keras_hub.models.BertTokenizer.from_preset)
        splits = loaded.split_on_cjk
        found = Tokenizer(loaded.get_vocabulary(), loaded.lowercase, split_cjk=splits)
        note = (
            'save backbone and tokenizer by save_to_preset("FOLDER") of keras-hub, and train on '
            'FOLDER with "lowercase": {value} in the config of its tokenizer.json'
        )
        return with_casing_cure(found, note)

    def sizes(self) -> tuple[dict[str, Any], Gelu]:
        return self._sizes(self._backbone(load_weights=False)), "tanh"

    def read(self, *, head: bool = True) -> ModelData:
        if head:
            self.labels()
        backbone = self._backbone()
        arrays = {v.path: np.asarray(v.numpy(), np.float32) for v in backbone.weights}
        for name, array in arrays.items():
            check_finite(array, name, self.name)
        return ModelData(
            kind=self.kind,
            source=self.name,
            backbone=self._sizes(backbone),
            gelu="tanh",
            read_tokenizer=self.tokenizer,
            arrays=arrays,
        )

    def _backbone(self, **arguments: Any) -> Any:
        import keras_hub

        load = keras_hub.models.BertBackbone.from_preset
        return load_from_hub(self.name, load, dtype="float32", **arguments)

    def _sizes(self, backbone: Any) -> dict[str, Any]:
        sizes = {name: getattr(backbone, name) for name in HUB_ARGUMENTS}
        check_backbone(sizes, self.name)
        return sizes


def load_from_hub(name: str, load: Any, **arguments: Any) -> Any:
    """Return `load(name)`, or raise InputError that says what a preset can be."""
    try:
        return load(name, **arguments)
    except Exception as error:  # the hubs' clients raise anything, from ValueError to SSL errors
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            "{name!r} is not a local folder, and could not be loaded from a hub: {reason} (Check "
            "the name and the network, or name a local folder, or minilm.)",
            name=name,
            reason=reason[:300],
        ) from error
