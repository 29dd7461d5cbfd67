"""Names of the weights in Hugging Face folders, whatever prefix a wrapper has added."""

import re
from dataclasses import dataclass
from typing import ClassVar

from kbert.errors import InputError
from kbert.findings import worded
from kbert.interop.stored_names import Shapes, StoredNames

_ANCHOR = "embeddings.word_embeddings.weight"
_BUFFERS = re.compile(r"embeddings\.(position|token_type)_ids")
_PARTS = ("embeddings.", "encoder.", "pooler.")
_PREDICTIONS = "cls.predictions."
_HEAD = ("classifier.weight", "classifier.bias")


@dataclass(frozen=True)
class WeightNames(StoredNames):
    """The names in a file, by the names that transformers' BertModel and classifier use.

    Args:
        encoder: dict. The encoder's weights: their names in the file, by the names without prefix.
        head: dict. The same for the classification head.
        pretraining: tuple of str. The names of the pretraining heads.
        other: tuple of str. All other names, such as those of other heads.

    Example:

    ```python
    shapes = {"module.bert.embeddings.word_embeddings.weight": (9, 4), "module.qa.bias": (2,)}
    names = WeightNames.find(shapes, "model.safetensors")
    assert list(names.encoder) == ["embeddings.word_embeddings.weight"]
    assert names.other == ("module.qa.bias",)
    ```
    """

    pooler: ClassVar[str] = "pooler."

    @property
    def predictions(self) -> dict[str, str]:
        """The names of the masked-token head in the file, by those that transformers uses today."""
        found = {_today(name[name.index("cls.") :]): name for name in self.pretraining}
        bias = found.get(f"{_PREDICTIONS}decoder.bias")  # the same array, stored once
        if bias is not None:
            found.setdefault(f"{_PREDICTIONS}bias", bias)
        return {bare: name for bare, name in found.items() if bare.startswith(_PREDICTIONS)}

    @classmethod
    def find(cls, shapes: Shapes, source: object) -> "WeightNames":
        """Return the names, found by the prefix of the embedding table.

        Args:
            shapes: dict. The shapes by the file's names.
            source: the file, in messages.

        Raises:
            InputError: there are several BERTs.
        """
        prefix = _prefix(shapes, source)
        wrapper = prefix.removesuffix("bert.")
        encoder, head, pretraining, other = {}, {}, [], []
        for name in shapes:
            bare = name.removeprefix(prefix)
            inside = name.startswith(prefix) and (prefix != wrapper or bare.startswith(_PARTS))
            outside = name.removeprefix(wrapper)
            if inside and not _BUFFERS.fullmatch(bare):
                encoder[_today(bare)] = name
            elif outside in _HEAD and name == wrapper + outside:
                head[outside] = name
            elif outside.startswith("cls."):
                pretraining.append(name)
            elif not inside:
                other.append(name)
        return cls(encoder, head, tuple(pretraining), tuple(other))


def _prefix(shapes: Shapes, source: object) -> str:
    """Return the prefix of the names of the encoder's weights."""
    found = [name.removesuffix(_ANCHOR) for name in shapes if name.endswith(_ANCHOR)]
    prefixes = [prefix for prefix in found if prefix == "" or prefix.endswith(".")]
    usual = [prefix for prefix in ("bert.", "") if prefix in prefixes]
    if len(usual) == 1:
        return usual[0]
    if len(prefixes) > 1:
        raise InputError(
            "{source} holds {count} BERTs, whose names begin with {prefixes}; one was expected. "
            "Save the one you want with save_pretrained.",
            source=source,
            count=len(prefixes),
            prefixes=", ".join(prefix or worded("nothing") for prefix in sorted(prefixes)[:5])[
                :200
            ],
        )
    if prefixes:
        return prefixes[0]
    return "bert." if any(name.startswith("bert.") for name in shapes) else ""


def _today(bare: str) -> str:
    """Return a name as it has been written since 2019."""
    if bare.endswith(("LayerNorm.gamma", "LayerNorm.beta")):
        return bare.replace(".gamma", ".weight").replace(".beta", ".bias")
    return bare
