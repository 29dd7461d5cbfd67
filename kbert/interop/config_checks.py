"""Checks of a model's settings, which may be hostile, before Keras builds the model."""

from collections.abc import Mapping
from typing import Any, get_args

from kbert.choices import Gelu, TokenPooling
from kbert.errors import InputError
from kbert.findings import Cure, Joined, Option
from kbert.utils.label_names import check_label_names

_MAX_MODEL = 10**10  # parameters
_BACKBONE = ("vocabulary_size", "num_layers", "num_heads", "hidden_dim", "intermediate_dim")

_DEFAULTS = {"dropout": 0.1, "max_sequence_length": 512, "num_segments": 2}
HUB_ARGUMENTS = (*_BACKBONE, *_DEFAULTS)
"""The arguments of keras-hub's `BertBackbone` that determine a model's size."""
LAYER_NORM_EPSILON = 1e-12
"""The epsilon of Google's BERT, and of keras-hub's layers unless another one is set."""
BACKBONE_ARGUMENTS = (*HUB_ARGUMENTS, "layer_norm_epsilon", "attention_dropout")
"""The arguments of a backbone: keras-hub's, and those set on its layers where they differ."""


def check_backbone(config: Any, source: object) -> None:
    """Raise InputError unless these are a BERT's sizes, of the right type and range."""
    if not isinstance(config, dict):
        raise InputError(
            "{source}: a backbone's sizes were expected. Received: {config!r:.80}",
            source=source,
            config=config,
        )
    missing = [name for name in _BACKBONE if name not in config]
    if missing:
        raise InputError(
            "{source}: the configuration of a backbone lacks {missing}.",
            source=source,
            missing=Joined(missing),
        )
    for name in (*_BACKBONE, "max_sequence_length", "num_segments"):
        value = config.get(name, 1)
        maximum = 1000 if name == "num_layers" else 10**8
        if type(value) is not int or not 1 <= value <= maximum:
            raise InputError(
                "{source}: {name} must be a whole number from 1 to {maximum:,}. Received: "
                "{value!r:.80}",
                source=source,
                name=name,
                maximum=maximum,
                value=value,
            )
    if config["num_heads"] > config["hidden_dim"]:
        raise InputError(
            "{source}: num_heads ({num_heads}) must be at most hidden_dim ({hidden_dim}).",
            source=source,
            num_heads=config["num_heads"],
            hidden_dim=config["hidden_dim"],
        )
    check_dropout(config.get("dropout", 0.1), source)
    if config.get("attention_dropout") is not None:
        check_dropout(config["attention_dropout"], source, "attention_dropout")
    check_epsilon(config.get("layer_norm_epsilon", LAYER_NORM_EPSILON), source)
    if parameters(config) > _MAX_MODEL:
        raise InputError(
            "{source} asks for a model of {parameters:,} parameters; at most {maximum:,} were "
            "expected.",
            source=source,
            parameters=parameters(config),
            maximum=_MAX_MODEL,
        )


def with_defaults(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return all arguments of a backbone from a checked config.

    All of keras-hub's arguments are included; the others only if they differ from its layers, so
    that every version of kbert can read the files of most models.
    """
    full = {name: config.get(name, _DEFAULTS.get(name)) for name in HUB_ARGUMENTS}
    epsilon = config.get("layer_norm_epsilon", LAYER_NORM_EPSILON)
    attention = config.get("attention_dropout")
    if epsilon != LAYER_NORM_EPSILON:
        full["layer_norm_epsilon"] = epsilon
    if attention not in (None, full["dropout"]):
        full["attention_dropout"] = attention
    return full


def check_dropout(dropout: Any, source: object, name: str = "dropout") -> None:
    """Raise InputError unless a dropout is a number from 0 to below 1."""
    if type(dropout) not in (int, float) or not 0 <= dropout < 1:
        raise InputError(
            "{source}: {name} must be from 0 to below 1. Received: {dropout!r:.80}",
            source=source,
            name=name,
            dropout=dropout,
        )


def check_max_length(max_length: int, positions: int) -> None:
    """Raise InputError unless a model with this many positions can read texts of this length."""
    if not 3 <= max_length <= positions:
        raise InputError(
            "{option} must be from 3 to {positions}, the most tokens that the model can read. "
            "Received: {max_length}",
            option=Option("max_length"),
            positions=positions,
            max_length=max_length,
            cure=Cure({"max_length": min(max(max_length, 3), positions)}),
        )


def check_epsilon(epsilon: Any, source: object, name: str = "layer_norm_epsilon") -> None:
    """Raise InputError unless a LayerNorm epsilon is a fraction above 0 and below 1."""
    if type(epsilon) is not float or not 0 < epsilon < 1:
        raise InputError(
            "{source}: {name} must be a fraction between 0 and 1, such as 1e-12. Received: "
            "{epsilon!r:.80}",
            source=source,
            name=name,
            epsilon=epsilon,
        )


def check_classifier(config: Any, source: object) -> None:
    """Raise InputError if a `BertClassifier.get_config` has values of the wrong type.

    A dict in place of a name would make Keras look for a class.
    """
    if not isinstance(config, dict):
        raise InputError(
            "{source}: a model's settings were expected. Received: {config!r:.80}",
            source=source,
            config=config,
        )
    check_backbone(config.get("backbone"), source)
    labels = config.get("labels")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise InputError(
            "{source}: labels must be a list of strings. Received: {labels!r:.80}",
            source=source,
            labels=labels,
        )
    check_label_names(labels, source)
    frozen = config.get("frozen", [])
    if not isinstance(frozen, list) or not all(isinstance(name, str) for name in frozen):
        raise InputError(
            "{source}: frozen must be a list of strings. Received: {frozen!r:.80}",
            source=source,
            frozen=frozen,
        )
    if not isinstance(config.get("tokenizer", {}), dict):
        raise InputError(
            "{source}: tokenizer must be an object. Received: {tokenizer!r:.80}",
            source=source,
            tokenizer=config["tokenizer"],
        )
    if type(config.get("max_length", 3)) is not int:
        raise InputError(
            "{source}: max_length must be a whole number. Received: {max_length!r:.80}",
            source=source,
            max_length=config["max_length"],
        )
    check_dropout(config.get("dropout", 0.1), source)
    if config.get("gelu", "tanh") not in get_args(Gelu):
        raise InputError(
            "{source}: gelu must be tanh or erf. Received: {gelu!r:.80}",
            source=source,
            gelu=config["gelu"],
        )
    check_pooling(config.get("pooling", "cls"), source)
    temperature = config.get("temperature", 1.0)
    if type(temperature) not in (int, float) or not 0 < temperature < float("inf"):
        raise InputError(
            "{source}: temperature must be a number above 0. Received: {temperature!r:.80}",
            source=source,
            temperature=temperature,
        )
    for name in ("dtype", "name"):
        if not isinstance(config.get(name), (str, type(None))):
            raise InputError(
                "{source}: {name} must be a string. Received: {value!r:.80}",
                source=source,
                name=name,
                value=config[name],
            )


def check_pooling(pooling: Any, source: object = None) -> None:
    """Raise InputError unless `pooling` is one that a head can read."""
    if pooling not in get_args(TokenPooling):
        raise InputError(
            "{source}: pooling must be cls or mean. Received: {pooling!r:.80}"
            if source
            else "{option} must be cls or mean. Received: {pooling!r:.80}",
            source=source,
            option=Option("pooling"),
            pooling=pooling,
        )


def parameters(backbone: Mapping[str, int], labels: int = 0) -> int:
    """Return the number of parameters of a BERT of these sizes, with a head if it has labels."""
    hidden, inner = backbone["hidden_dim"], backbone["intermediate_dim"]
    heads = backbone["num_heads"] * (hidden // backbone["num_heads"])
    rows = backbone["vocabulary_size"] + backbone.get("max_sequence_length", 512)
    embeddings = (rows + backbone.get("num_segments", 2) + 2) * hidden
    attention = 4 * hidden * heads + 3 * heads + hidden
    layer = attention + 2 * hidden * inner + inner + hidden + 4 * hidden
    head = hidden * hidden + hidden + labels * (hidden + 1)
    return embeddings + backbone["num_layers"] * layer + head


def check_fits_file(
    backbone: Mapping[str, int], labels: int, held: tuple[int, int], source: object
) -> None:
    """Raise InputError if a model needs far more weights than its file holds.

    Every layer of BERT has 16 arrays. Small differences are named once the model is built.

    Args:
        backbone: the sizes, checked.
        labels: int. The number of labels.
        held: the numbers of arrays and of parameters in the file.
        source: what messages call the file.
    """
    arrays, numbers = held
    asked = parameters(backbone, labels)
    if asked > numbers + 1_000_000 or 16 * backbone["num_layers"] > arrays + 100:
        raise InputError(
            "{source} does not fit the model: its configuration asks for {asked:,} parameters "
            "in {num_layers:,} layers, but the file holds {numbers:,} in {arrays:,} arrays.",
            source=source,
            asked=asked,
            num_layers=backbone["num_layers"],
            numbers=numbers,
            arrays=arrays,
        )
