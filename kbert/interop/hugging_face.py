"""Folders of a Hugging Face BERT: config.json, weights, and the tokenizer's files."""

import math
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from kbert.choices import Gelu
from kbert.errors import InputError
from kbert.interop.config_checks import check_backbone, check_fits_file
from kbert.interop.hugging_face_tokenizer import hugging_face_tokenizer, tokenizer_of_0_1
from kbert.interop.hugging_face_weights import bare_names, open_weights
from kbert.interop.model_data import ModelData, bert_sizes, take_weights
from kbert.interop.source import Source, other_model
from kbert.interop.weight_specs import weight_specs
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.untrusted import read_json
from kbert.utils.wording import count_noun

# What a config calls the two forms of GELU.
GELU: dict[str, Gelu] = {
    "gelu": "erf",
    "gelu_python": "erf",
    "gelu_new": "tanh",
    "gelu_fast": "tanh",
    "gelu_pytorch_tanh": "tanh",
}


class HuggingFaceFolder(Source):
    """A folder that `save_pretrained` of transformers has written."""

    kind = "a Hugging Face BERT"

    @classmethod
    def recognises(cls, name: str) -> bool:
        file = Path(name) / "config.json"
        return file.is_file() and not {"model_type", "vocab_size"}.isdisjoint(read_json(file))

    def check(self) -> None:
        kind = self._config().get("model_type", "bert")
        if kind != "bert":
            raise other_model(self.name, kind)

    def max_length(self) -> int | None:
        file = self.local_path / "tokenizer_config.json"
        length = read_json(file).get("model_max_length") if file.is_file() else None
        # Without one, transformers writes 10^30.
        positions = self.sizes()[0]["max_sequence_length"]
        return min(length, positions) if type(length) is int and 3 <= length < 10**9 else None

    def tokenizer(self) -> Tokenizer:
        return hugging_face_tokenizer(self.local_path)

    def earlier_tokenizers(self) -> Iterator[Tokenizer]:
        with suppress(InputError):
            yield tokenizer_of_0_1(self.local_path)

    def sizes(self) -> tuple[dict[str, Any], Gelu]:
        config, file = self._config(), self._file
        embedding = config.get("position_embedding_type", "absolute")
        if embedding != "absolute":
            raise InputError(
                "{file}: position_embedding_type must be absolute. Received: {embedding!r:.80}",
                file=file,
                embedding=embedding,
            )
        activation = config.get("hidden_act", "gelu")
        if not isinstance(activation, str) or activation not in GELU:
            raise InputError(
                "{file}: hidden_act must be one of {known}. Received: {activation!r:.80}",
                file=file,
                known=", ".join(GELU),
                activation=activation,
            )
        sizes = bert_sizes(config, file)
        check_backbone(sizes, file)
        return sizes, GELU[activation]

    def read(self, *, head: bool = True) -> ModelData:
        folder, config = self.local_path, self._config()
        sizes, gelu = self.sizes()
        shapes, read = open_weights(folder)
        names, pretraining = bare_names(shapes)
        labels = _labels(config, self._file) if "classifier.weight" in names else ()
        held = (len(shapes), sum(map(math.prod, shapes.values())))
        check_fits_file(sizes, len(labels), held, folder)
        arrays = take_weights(
            weight_specs(sizes, len(labels)),
            {bare: shapes[name] for bare, name in names.items()},
            lambda bare: read(names[bare]),
            folder,
            format="huggingface",
        )
        dropped = f"Left behind: {count_noun(len(pretraining), 'array')} of pretraining."
        dropout = config.get("classifier_dropout")
        return ModelData(
            kind=self.kind,
            source=self.name,
            backbone=sizes,
            gelu=gelu,
            read_tokenizer=self.tokenizer,
            arrays=arrays,
            classes=len(labels),
            labels=labels or None,
            dropout=sizes["dropout"] if dropout is None else dropout,
            max_length=self.max_length() if labels else None,
            notes=(dropped,) if pretraining else (),
        )

    @property
    def _file(self) -> Path:
        return self.local_path / "config.json"

    def _config(self) -> dict[str, Any]:
        return read_json(self._file)


def read_hugging_face(folder: str | Path) -> ModelData:
    """Return the model of a folder that `save_pretrained` has written.

    Weights are read from *.safetensors, or from PyTorch's pickles (*.bin) by a load that makes
    nothing but tensors. The heads of pretraining are left behind.

    Args:
        folder: str or Path.

    Raises:
        InputError: it is not a BERT or not a classifier of one label per text, or weights are
            missing, surplus or misshapen.
    """
    return HuggingFaceFolder(str(folder)).read()


def _labels(config: dict[str, Any], file: Path) -> tuple[str, ...]:
    """Return the names of a head's classes."""
    problem = config.get("problem_type")
    if problem not in (None, "single_label_classification"):
        raise InputError(
            "{file}: the model was trained for {problem!r:.80}; kbert supports only "
            "single_label_classification, one label per text.",
            file=file,
            problem=problem,
        )
    names = config.get("id2label", {"0": "LABEL_0", "1": "LABEL_1"})
    try:
        found = tuple(names[str(number)] for number in range(len(names)))
    except (KeyError, TypeError):
        raise InputError(
            "{file}: id2label must name the classes from 0 on. Received: {names!r:.80}",
            file=file,
            names=names,
        ) from None
    if len(found) < 2 or len(set(found)) < len(found) or not all(isinstance(n, str) for n in found):
        raise InputError(
            "{file}: id2label must give at least two classes different names. Received: "
            "{names!r:.80}",
            file=file,
            names=list(found),
        )
    return found
