"""A model as plain data, as readers return it and writers take it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from kbert.errors import InputError
from kbert.interop.weights import Form, Weight
from kbert.tokenizer.tokenizer import Tokenizer


@dataclass
class ModelData:
    """Sizes, tokenizer, and weights by kbert's names.

    Example:

    ```python
    source = read_google("uncased_L-12_H-768_A-12")
    assert source.classes == 0
    ```
    """

    kind: str
    """What messages call it."""
    backbone: dict[str, Any]
    """The arguments of keras-hub's `BertBackbone`."""
    gelu: Literal["tanh", "erf"]
    read_tokenizer: Callable[[], Tokenizer]
    arrays: dict[str, np.ndarray]
    classes: int = 0
    """The classes of its head; 0 for none."""
    labels: tuple[str, ...] | None = None
    """Their names, where it tells them."""
    dropout: float = 0.1
    """Before the head."""
    max_length: int | None = None
    """The tokens that its texts were cut to, where it tells."""
    dtype: str | None = None
    """The dtype policy that it computes with, where it tells."""
    notes: list[str] = field(default_factory=list)
    """What was decided, and what was left behind."""

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer, whose files are read when it is asked for."""
        return self.read_tokenizer()


def take_weights(
    weights: list[Weight],
    theirs: Mapping[str, tuple[int, ...]],
    read: Callable[[str], np.ndarray],
    source: object,
    *,
    form: Form,
) -> dict[str, np.ndarray]:
    """Return all weights by kbert's names, or raise KbertError that names what does not fit.

    Args:
        weights: what the model needs.
        theirs: the shapes of what there is, by their names, but for what may be left behind.
        read: function of such a name that returns the array.
        source: what messages call it.
        form: whose names and shapes they have.

    Raises:
        KbertError: weights are missing, surplus or of another shape; the first five are named.
    """
    needed = {weight.name_in(form): weight for weight in weights}
    faults = [f"missing: {name}" for name in needed if name not in theirs]
    faults += [f"surplus: {name}" for name in theirs if name not in needed]
    for name, weight in needed.items():
        expected = weight.shape_in(form)
        if name in theirs and tuple(theirs[name]) != expected:
            faults.append(f"{name}: expected {expected}, received {tuple(theirs[name])}")
    if faults:
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise InputError(
            "{source} does not hold the weights of a BERT classifier as its configuration has "
            "it: {faults}{more}.",
            source=source,
            faults="; ".join(faults[:5]),
            more=more,
        )
    arrays = {}
    for name, weight in needed.items():
        array = np.asarray(read(name), np.float32)
        arrays[weight.name] = np.ascontiguousarray(weight.taken_from(form, array))
    return arrays


def bert_sizes(config: Mapping[str, Any], source: object) -> dict[str, Any]:
    """Return the arguments of `BertBackbone` from a config.json or bert_config.json."""
    try:
        return {
            "vocabulary_size": config["vocab_size"],
            "num_layers": config["num_hidden_layers"],
            "num_heads": config["num_attention_heads"],
            "hidden_dim": config["hidden_size"],
            "intermediate_dim": config["intermediate_size"],
            "dropout": config.get("hidden_dropout_prob", 0.1),
            "max_sequence_length": config.get("max_position_embeddings", 512),
            "num_segments": config.get("type_vocab_size", 2),
        }
    except KeyError as error:
        raise InputError("{source} lacks {error}.", source=source, error=error) from None
