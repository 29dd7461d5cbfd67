"""A model as plain data, which readers return and writers take."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from kbert.choices import Gelu, TokenPooling, WeightFormat
from kbert.errors import InputError
from kbert.findings import Joined, Text, worded
from kbert.interop.config_checks import (
    LAYER_NORM_EPSILON,
    check_backbone,
    check_dropout,
    check_epsilon,
    with_defaults,
)
from kbert.interop.weights import WeightSpec
from kbert.targets.single import Single
from kbert.targets.target import Target
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.label_names import check_label_names

_MAX_FAULTS = 5  # that are named
_MAX_COMPARED = 5000  # names, each compared with a missing one


@dataclass(frozen=True)
class ModelData:
    """Sizes, tokenizer, and weights by kbert's names.

    Example:

    ```python
    data = read_google("uncased_L-12_H-768_A-12")
    assert data.classes == 0
    ```
    """

    kind: Text
    """What it is, in messages: "a Hugging Face BERT"."""
    source: str
    """Where it comes from, in messages."""
    backbone: Mapping[str, Any]
    """The arguments of keras-hub's `BertBackbone`."""
    gelu: Gelu
    read_tokenizer: Callable[[], Tokenizer]
    arrays: Mapping[str, np.ndarray]
    classes: int = 0
    """The number of classes of its head; 0 without a head."""
    labels: tuple[str, ...] | None = None
    """The names of the classes, or None where its files do not tell them."""
    unnamed: str = ""
    """Why the class names in its files cannot be used; empty if there is no such problem."""
    target: Target = field(default_factory=Single)
    """What a label is."""
    dropout: float = 0.1
    """The dropout before the head."""
    max_length: int | None = None
    """The number of tokens that its texts were cut to, or None where its files do not tell it."""
    dtype: str | None = None
    """The dtype policy that it computes with, or None where its files do not tell it."""
    pooling: TokenPooling = "cls"
    """What its head reads: [CLS], or the mean of the tokens."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of the classifier's class, such as its name."""
    masked_head: Mapping[str, np.ndarray] = field(default_factory=dict)
    """The weights of a head for masked tokens, in place of one for classes; empty without one."""
    notes: tuple[Text, ...] = ()
    """What was decided, and what was left behind."""

    def __post_init__(self) -> None:
        check_label_names(self.labels or (), self.source)

    @property
    def has_pooler(self) -> bool:
        """Whether it has a pooler, which models trained to predict tokens lack."""
        return any(name.startswith("pooled_dense/") for name in self.arrays)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer, whose files are read on first use."""
        return self.read_tokenizer()


def take_weights(
    specs: list[WeightSpec],
    shapes: Mapping[str, tuple[int, ...]],
    read: Callable[[str], np.ndarray],
    source: object,
    *,
    format: WeightFormat,
    others: Sequence[str] = (),
) -> dict[str, np.ndarray]:
    """Return all weights by kbert's names.

    Args:
        specs: list of WeightSpec. The weights that the model needs.
        shapes: dict. The shapes that the file holds, by the format's names.
        read: function of such a name that returns the array.
        source: the file, in messages.
        format: the format of the names and shapes.
        others: sequence of str. Other names in the file, to report what was found in place of a
            weight. Defaults to ().

    Raises:
        InputError: weights are missing, surplus or misshapen (the first five are named); or one
            holds something other than floating-point numbers, or is NaN or infinite.
    """
    needed = {spec.name_in(format): spec for spec in specs}
    surplus = [name for name in shapes if name not in needed]
    missing = [name for name in needed if name not in shapes]
    found = [*surplus, *others]
    faults = [f"missing: {name}{_found(name, found)}" for name in missing[:_MAX_FAULTS]]
    faults += [f"missing: {name}" for name in missing[_MAX_FAULTS:]]
    faults += [f"surplus: {name}" for name in surplus]
    for name, spec in needed.items():
        expected = spec.shape_in(format)
        if name in shapes and tuple(shapes[name]) != expected:
            faults.append(
                worded(
                    "{name}: expected {expected}, received {tuple}",
                    name=name,
                    expected=expected,
                    tuple=tuple(shapes[name]),
                )
            )
    if faults:
        raise weights_misfit(source, faults)
    arrays = {}
    for name, spec in needed.items():
        array = _floats(read(name), f"{source}: {name}")
        check_finite(array, name, source)
        arrays[spec.name] = np.ascontiguousarray(spec.from_format(format, array))
    return arrays


def check_finite(array: np.ndarray, name: str, source: object) -> None:
    """Raise InputError if a weight is NaN or infinite: every text would get the same class."""
    if not np.isfinite(array).all():
        raise InputError(
            "{source}: the weight {name} holds numbers that are NaN or infinite, so the model "
            "would predict nothing. It was saved after a training run that diverged, or is "
            "damaged.",
            source=source,
            name=name,
        )


def _found(name: str, names: Sequence[str]) -> str:
    """Return what was found in place of a name, in brackets, or nothing."""
    compared = names[:_MAX_COMPARED]
    longer = [other for other in compared if other.startswith(name)]  # an average, a mask
    near = longer or difflib.get_close_matches(name, compared, n=1, cutoff=0.8)
    return worded(" (found: {near})", near=near[0][:120]) if near else ""


def _floats(array: np.ndarray, source: str) -> np.ndarray:
    """Return an array of floating-point numbers as float32, or raise InputError."""
    array = np.asarray(array)
    if array.dtype.kind != "f" and array.dtype.name != "bfloat16":
        raise InputError(
            "{source} holds {dtype}; floats were expected.", source=source, dtype=array.dtype
        )
    with np.errstate(over="ignore"):  # overflow gives infinity, which is refused
        return array.astype(np.float32, copy=False)


def weights_misfit(source: object, faults: list[str]) -> InputError:
    """Return the error for weights that do not fit their model, with the first five faults."""
    more = (
        worded(" and {near} more", near=len(faults) - _MAX_FAULTS)
        if len(faults) > _MAX_FAULTS
        else ""
    )
    return InputError(
        "{source} does not fit the model: {faults}{more}.",
        source=source,
        faults=Joined(faults[:_MAX_FAULTS], "; "),
        more=more,
    )


def bert_sizes(config: Mapping[str, Any], source: object) -> dict[str, Any]:
    """Return the checked arguments of a backbone from a config.json or bert_config.json.

    Raises:
        InputError: one is missing, or has the wrong type or range.
    """
    name = "attention_probs_dropout_prob"
    check_dropout(config.get(name, 0.1), source, name)
    epsilon = config.get("layer_norm_eps", LAYER_NORM_EPSILON)
    check_epsilon(epsilon, source, "layer_norm_eps")
    try:
        sizes = {
            "vocabulary_size": config["vocab_size"],
            "num_layers": config["num_hidden_layers"],
            "num_heads": config["num_attention_heads"],
            "hidden_dim": config["hidden_size"],
            "intermediate_dim": config["intermediate_size"],
            "dropout": config.get("hidden_dropout_prob", 0.1),
            "max_sequence_length": config.get("max_position_embeddings", 512),
            "num_segments": config.get("type_vocab_size", 2),
            "layer_norm_epsilon": epsilon,
            "attention_dropout": config.get("attention_probs_dropout_prob", 0.1),
        }
    except KeyError as error:
        raise InputError("{source} lacks {name}.", source=source, name=error) from None
    check_backbone(sizes, source)
    return with_defaults(sizes)
