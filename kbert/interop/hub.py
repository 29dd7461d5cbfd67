"""Presets of hubs, by name or handle."""

import difflib
import re
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from kbert.choices import Gelu, TokenPooling
from kbert.errors import InputError
from kbert.findings import Cure, Joined, Message
from kbert.interop.config_checks import HUB_ARGUMENTS, check_backbone
from kbert.interop.hugging_face_hub import download, find_on_hub, loading
from kbert.interop.model_data import ModelData, check_finite
from kbert.interop.near_models import near_models
from kbert.interop.source import Source, with_casing_cure
from kbert.tokenizer.tokenizer import Tokenizer

_NAME = re.compile(r"[a-z_][a-z0-9_.]*|(kaggle|hf|modelscope)://.+")
_HUGGING_FACE_NAME = re.compile(r"(\w[\w.-]*/)?\w[\w.-]*")
_UNKNOWN = "Unknown preset identifier"  # the beginning of keras-hub's page-long message


class HubPreset(Source):
    """A BERT encoder from a hub, such as bert_base_en_uncased, kaggle://... or hf://....

    Models of the Hugging Face Hub that transformers wrote are read like local Hugging Face folders;
    all others are downloaded and read by keras-hub.
    """

    kind = Message("a keras-hub preset")

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
            cure=near_models(self.name),
        )

    def text_pairs(self) -> NoReturn:
        self.labels()

    def num_segments(self) -> None:
        return None

    def tokenizer(self) -> Tokenizer:
        if find_on_hub(self.name) is not None:
            return download(self.name, weights=False).tokenizer()
        import keras_hub

        loaded = load_from_hub(self.name, keras_hub.models.BertTokenizer.from_preset)
        splits = loaded.split_on_cjk
        found = Tokenizer(loaded.get_vocabulary(), loaded.lowercase, split_cjk=splits)
        note = (
            'save backbone and tokenizer with keras-hub\'s save_to_preset("FOLDER"), and train '
            'on FOLDER with "lowercase": {value} in the config of its tokenizer.json'
        )
        return with_casing_cure(found, note)

    def pooling(self) -> TokenPooling:
        if find_on_hub(self.name) is None:
            return "cls"
        return download(self.name, weights=False).pooling()

    def sizes(self) -> tuple[dict[str, Any], Gelu]:
        found = find_on_hub(self.name)
        if found is not None:
            return found.sizes()
        return self._sizes(self._backbone(load_weights=False)), "tanh"

    def read(self, *, head: bool = True) -> ModelData:
        if head:
            self.labels()
        if find_on_hub(self.name) is not None:
            return download(self.name, weights=True).read(head=False)
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
    """Return `load(name)`, or raise an InputError that says what a preset can be."""
    try:
        with loading(name):
            return load(name, **arguments)
    except InputError as error:
        if _UNKNOWN in str(error.__cause__):
            raise _no_such_preset(name) from error.__cause__
        raise


def _no_such_preset(name: str) -> InputError:
    import keras_hub

    known = list(keras_hub.models.BertBackbone.presets)
    near = difflib.get_close_matches(name, [*known, "minilm"], n=3, cutoff=0.5) or known[:3]
    return InputError(
        "{name!r} is neither a local folder nor one of the {count} presets that keras-hub has for "
        "BERT.",
        name=name,
        count=len(known),
        cure=Cure(note="type one of them, such as {near}", values={"near": Joined(near)}),
    )


def hub_cure(name: str, *, predicts: bool = False) -> Cure | None:
    """Return what to type for a name that looks like one of the Hugging Face Hub, or None.

    Args:
        name: str. There is no file or folder of that name.
        predicts: bool. Whether the model must have a head, which no preset of keras-hub has.
            Defaults to False.
    """
    owner, _, model = name.rpartition("/")
    if model.lower().replace("-", "") in ("minilm", "allminilml6v2"):
        return Cure(note="for all-MiniLM-L6-v2, type minilm")
    if not _HUGGING_FACE_NAME.fullmatch(name) or (owner and Path(owner).exists()):
        return None
    owner = owner or ("google-bert" if model.startswith("bert-") else "OWNER")
    return Cure(
        note="for a model of that name on the Hugging Face Hub, type {handle}",
        values={"handle": f"hf://{owner}/{model}"},
        otherwise=()
        if predicts
        else (Cure(note="take a preset of keras-hub, such as bert_base_en_uncased"),),
    )
