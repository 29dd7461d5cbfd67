"""The base class of all sources of models."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kbert.choices import Gelu, TokenPooling
from kbert.errors import InputError
from kbert.findings import Cure, Finding, Message, Text
from kbert.interop.model_data import ModelData
from kbert.targets.single import Single
from kbert.targets.target import Target
from kbert.tokenizer.tokenizer import Tokenizer

EXPECTED = Message(
    "a run of kbert, a model folder, a .keras file of kbert, or the folder of a Hugging Face BERT "
    "(config.json, vocab.txt, model.safetensors), of a release of Google's BERT or of a keras-hub "
    "BERT"
)
"""What `find_source` takes, for messages."""
TO_PREDICT = Message(
    "a run of kbert, an exported program, a model folder, a .keras file of kbert, or the folder of "
    "a Hugging Face BERT with a head (config.json, vocab.txt, model.safetensors), of a release of "
    "Google's BERT or of a keras-hub classifier"
)
"""Which sources predict, for messages."""
Compute = Callable[[Sequence[str], Sequence[str] | None, int], np.ndarray]
"""Maps texts, pairs or None, and a batch size to the probabilities [texts, labels]."""


@dataclass(frozen=True)
class Source(ABC):
    """Where a model comes from: a folder, a file, or the name of a preset.

    `kbert.find_source` returns one. A subclass is the reader of one format: it recognises its
    folders and says what their files hold. Only `read` reads weights.

    Args:
        name: str. The path or name, as the user wrote it.
    """

    name: str
    kind: ClassVar[Text]
    """What it is, in messages: "a Hugging Face BERT"."""
    options: ClassVar[tuple[str, ...]] = ()
    """The options of `find_source` that this format takes, fields of the subclass."""

    @classmethod
    @abstractmethod
    def recognises(cls, name: str) -> bool:
        """Whether a path or name is of this format."""

    @property
    def path(self) -> Path | None:
        """The folder or file; None if it is in a hub: reading it then needs Keras."""
        return Path(self.name)

    @property
    def local_path(self) -> Path:
        """The folder or file of a source that is known to be local."""
        assert self.path is not None
        return self.path

    @property
    def keras_file(self) -> Path | None:
        """The file that Keras itself loads, including its compiled optimizer; None for others."""
        return None

    def check(self) -> None:
        """Raise InputError if the format is recognized but this model cannot be used."""
        return None

    def labels(self) -> tuple[str, ...] | None:
        """Return the names of the classes, or None if only the weights tell them."""
        return None

    def target(self) -> Target:
        """Return what a label of the model is; one class if its files do not tell."""
        return Single()

    def text_pairs(self) -> bool | None:
        """Return whether the model was trained on text pairs, or None if its files do not tell."""
        return None

    def max_length(self) -> int | None:
        """Return how many tokens of a text the model reads, or None if its files do not tell."""
        return None

    def pooling(self) -> TokenPooling:
        """Return what a head reads of the model: what it was trained with, as its files tell."""
        return "cls"

    def temperature(self) -> float | None:
        """Return what the head's weights were divided by, or None if its files do not tell."""
        return None

    def findings(self) -> list[Finding]:
        """Return what to know about the model before it is used."""
        return []

    def num_segments(self) -> int | None:
        """Return how many texts of a row the model can tell apart, or None if that needs Keras."""
        return self.sizes()[0]["num_segments"]

    @abstractmethod
    def tokenizer(self) -> Tokenizer:
        """Return the tokenizer that belongs to the weights."""

    def earlier_tokenizers(self) -> Iterator[Tokenizer]:
        """Yield the tokenizers that earlier versions of kbert read, if they differ."""
        yield from ()

    @abstractmethod
    def sizes(self) -> tuple[dict[str, Any], Gelu]:
        """Return the arguments of `BertBackbone`, and the GELU that the weights need."""

    @abstractmethod
    def read(self, *, head: bool = True) -> ModelData:
        """Return the model with its weights.

        Args:
            head: bool. False if the head is not wanted; kbert then need not support it.
        """

    def masked_head(self) -> dict[str, np.ndarray] | None:
        """Return the weights of the head that predicts masked tokens, or None without one."""
        return None

    def session(self, threads: int | None = None) -> Compute | None:
        """Return a function that predicts without Keras, or None if it takes a `BertClassifier`.

        Args:
            threads: int or None. Threads of its runtime. Defaults to None: the runtime's choice.
        """
        return None


def with_casing_cure(tokenizer: Tokenizer, note: str, **values: Any) -> Tokenizer:
    """Return a tokenizer that knows how the other casing is set in its source.

    Args:
        tokenizer: Tokenizer.
        note: str. A template, with {value} for "true" or "false" in JSON.
        **values: the other values of the template.
    """
    value = "false" if tokenizer.lowercase else "true"
    tokenizer.casing_cure = Cure(note=note, values={"value": value, **values})
    return tokenizer


def other_model(name: object, kind: Any) -> InputError:
    """Return the error for a folder that holds a model other than BERT."""
    return InputError(
        "{name} holds a model of the type {kind!r:.80}; kbert supports only BERT. Expected "
        "{expected}.",
        name=name,
        kind=kind,
        expected=EXPECTED,
    )
