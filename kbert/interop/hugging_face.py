"""Folders of a Hugging Face BERT: config.json, weights, and the tokenizer's files."""

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from kbert.choices import Gelu, TokenPooling
from kbert.errors import InputError
from kbert.findings import Cure, Joined, Message, worded
from kbert.interop.config_checks import check_dropout, check_fits_file
from kbert.interop.config_fields import HUGGING_FACE, unknown_note
from kbert.interop.hugging_face_head import check_head, head_labels, head_target
from kbert.interop.hugging_face_names import WeightNames
from kbert.interop.hugging_face_tokenizer import (
    hugging_face_tokenizer,
    tokenizer_of_0_1,
)
from kbert.interop.hugging_face_tokenizer_config import segments_note
from kbert.interop.hugging_face_weights import holds_weights, open_weights
from kbert.interop.masked_head import masked_head_specs
from kbert.interop.model_data import ModelData, bert_sizes, take_weights
from kbert.interop.sentence_pooling import sentence_pooling
from kbert.interop.source import Source, other_model
from kbert.interop.weight_specs import weight_specs
from kbert.targets.single import Single
from kbert.targets.target import Target
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.untrusted import read_json
from kbert.utils.wording import count_noun, name_list

_ADAPTER = "adapter_config.json"  # of PEFT, which has transformers load another model beneath it
# What a config calls the two forms of GELU.
GELU: dict[str, Gelu] = {
    "gelu": "erf",
    "gelu_python": "erf",
    "gelu_new": "tanh",
    "gelu_fast": "tanh",
    "gelu_pytorch_tanh": "tanh",
    "gelu_python_tanh": "tanh",
    "gelu_accurate": "tanh",
}


class HuggingFaceFolder(Source):
    """A folder that `save_pretrained` of transformers, or of its predecessors, has written."""

    kind = Message("a Hugging Face BERT")

    @classmethod
    def recognises(cls, name: str) -> bool:
        file = _config_file(Path(name))
        if (Path(name) / _ADAPTER).is_file():
            return True
        return file.is_file() and not {"model_type", "vocab_size"}.isdisjoint(read_json(file))

    def check(self) -> None:
        if (self.local_path / _ADAPTER).is_file():
            raise InputError(
                "{folder} holds an adapter ({file}), not a model.",
                folder=self.name,
                file=_ADAPTER,
                cure=Cure(
                    note="merge it into its model in Python: PeftModel.from_pretrained(...)"
                    ".merge_and_unload().save_pretrained(FOLDER)"
                ),
            )
        kind = self._config().get("model_type", "bert")
        if kind != "bert":
            raise other_model(self.name, kind)

    def max_length(self) -> int | None:
        file = self.local_path / "tokenizer_config.json"
        length = read_json(file).get("model_max_length") if file.is_file() else None
        # transformers writes 10^30 if there is no maximum.
        positions = self.sizes()[0]["max_sequence_length"]
        return min(length, positions) if type(length) is int and 3 <= length < 10**9 else None

    def pooling(self) -> TokenPooling:
        return sentence_pooling(self.local_path)

    def target(self) -> Target:
        config = self._config()
        names = config.get("id2label", config.get("num_labels"))
        outputs = len(names) if isinstance(names, dict) else names
        return head_target(config, outputs if isinstance(outputs, int) else 2, self._file)

    def tokenizer(self) -> Tokenizer:
        return hugging_face_tokenizer(self.local_path)

    def earlier_tokenizers(self) -> Iterator[Tokenizer]:
        with suppress(InputError):
            yield tokenizer_of_0_1(self.local_path)

    def sizes(self) -> tuple[dict[str, Any], Gelu]:
        config, file = self._config(), self._file
        HUGGING_FACE.check(config, file)
        activation = config.get("hidden_act", "gelu")
        if not isinstance(activation, str) or activation not in GELU:
            raise InputError(
                "{file}: hidden_act must be one of {known}. Received: {activation!r:.80}",
                file=file,
                known=Joined(GELU),
                activation=activation,
            )
        return bert_sizes(config, file), GELU[activation]

    def read(self, *, head: bool = True) -> ModelData:
        folder, config, file = self.local_path, self._config(), self._file
        sizes, gelu = self.sizes()
        shapes, read = open_weights(folder)
        names = WeightNames.find(shapes, folder)
        has_pooler = names.has_pooler
        kernel = names.head.get("classifier.weight")
        is_wanted = head and kernel is not None
        classes, labels, unnamed = 0, None, ""
        target: Target = Single()
        dropout = sizes["dropout"]
        if is_wanted:
            classes, target = check_head(config, shapes[str(kernel)], has_pooler, file)
            labels, unnamed = head_labels(config, classes, file, target.least_labels)
            if config.get("classifier_dropout") is not None:
                dropout = config["classifier_dropout"]
                check_dropout(dropout, file, "classifier_dropout")
        taken, left = names.taken(head=is_wanted), names.left(head=is_wanted)
        held = (len(shapes), sum(map(math.prod, shapes.values())))
        check_fits_file(sizes, classes, held, folder)
        return ModelData(
            kind=self.kind,
            source=self.name,
            backbone=sizes,
            gelu=gelu,
            read_tokenizer=self.tokenizer,
            arrays=take_weights(
                weight_specs(sizes, classes, pooler=has_pooler),
                {bare: shapes[name] for bare, name in taken.items()},
                lambda bare: read(taken[bare]),
                folder,
                format="huggingface",
                others=left,
            ),
            classes=classes,
            labels=labels,
            unnamed=unnamed,
            target=target,
            dropout=dropout,
            max_length=self.max_length() if classes else None,
            notes=(
                *_left_behind(names.pretraining, worded("of pretraining")),
                *_left_behind(left, worded("of another head"), name_them=True),
                *(_number_note(config) if classes == 1 else ()),
                *(segments_note(folder) if classes and sizes["num_segments"] > 1 else ()),
                *unknown_note(HUGGING_FACE.check(config, file), file),
            ),
        )

    def masked_head(self) -> dict[str, np.ndarray] | None:
        if self._config().get("tie_word_embeddings") is False:
            return None  # its last matrix is not the embedding table
        shapes, read = open_weights(self.local_path)
        held = WeightNames.find(shapes, self.local_path).predictions
        specs = masked_head_specs(self.sizes()[0])
        if held.keys().isdisjoint(spec.hugging_face for spec in specs):
            return None
        known = {s.hugging_face: held[s.hugging_face] for s in specs if s.hugging_face in held}
        return take_weights(
            specs,
            {bare: shapes[name] for bare, name in known.items()},
            lambda bare: read(known[bare]),
            self.local_path,
            format="huggingface",
        )

    @property
    def _file(self) -> Path:
        return _config_file(self.local_path)

    def _config(self) -> dict[str, Any]:
        return read_json(self._file)


def _config_file(folder: Path) -> Path:
    """Return config.json, or bert_config.json beside PyTorch's weights, as was usual until 2019."""
    old = folder / "bert_config.json"
    if not (folder / "config.json").is_file() and old.is_file() and holds_weights(folder):
        return old
    return folder / "config.json"


def read_hugging_face(folder: str | Path) -> ModelData:
    """Return the model of a folder that `save_pretrained` has written.

    Weights are read from *.safetensors, or from PyTorch's pickles (*.bin) with a loader that
    creates nothing but tensors. The pretraining heads are left out.

    Args:
        folder: str or Path.

    Raises:
        InputError: it is not a BERT, its head is not a text classifier's, or weights are missing,
            surplus or misshapen.
    """
    data = HuggingFaceFolder(str(folder)).read()
    if data.unnamed:
        raise InputError("{unnamed}", unnamed=data.unnamed)
    return data


def _number_note(config: dict[str, Any]) -> tuple[str, ...]:
    """Return the line that explains why a single output is a number, if the files do not say so."""
    if config.get("problem_type") is not None:
        return ()
    return (
        worded(
            "Its one output is a number: without a problem_type, transformers trains it with the "
            "mean squared error."
        ),
    )


def _left_behind(names: Sequence[str], what: str, *, name_them: bool = False) -> tuple[str, ...]:
    """Return the line that reports weights that are not read, or nothing."""
    if not names:
        return ()
    shown = name_list((name[:60] for name in sorted(names)), 3)
    named = worded(" ({shown})", shown=shown) if name_them else ""
    return (
        worded(
            "Left behind: {arrays} {what}{named}.",
            arrays=count_noun(len(names), "array"),
            what=what,
            named=named,
        ),
    )
