"""The head of a Hugging Face folder: what its outputs mean, and their names."""

from pathlib import Path
from typing import Any

from kbert.errors import InputError
from kbert.findings import Call, Joined, Message, worded
from kbert.targets.known_targets import target_of
from kbert.targets.multi import Multi
from kbert.targets.regression import Regression
from kbert.targets.single import Single
from kbert.targets.target import Target

THRESHOLDS = "thresholds"
"""The field of config.json with kbert's thresholds for several labels; transformers keeps it."""
OWN_KIND = "kbert_target"
"""The field of config.json for a kind of target that `problem_type` cannot express."""
_TARGETS: tuple[Target, ...] = (Single(), Multi(), Regression())

# Classes of transformers whose head is not a text classifier's.
_OTHER_TASKS = {
    "BertForTokenClassification": Message("labels for tokens"),
    "BertForQuestionAnswering": Message("answers inside a text"),
    "BertForMultipleChoice": Message("a choice between texts"),
}


def check_head(
    config: dict[str, Any], shape: tuple[int, ...], has_pooler: bool, file: Path
) -> tuple[int, Target]:
    """Return the number and meaning of a classifier's outputs; raise InputError for other heads.

    Args:
        config: dict. The contents of config.json.
        shape: tuple of int. The shape of the head's kernel, [outputs, hidden].
        has_pooler: bool. Whether the model has a pooler, which a text classifier needs.
        file: Path. The config.json.
    """
    architectures = config.get("architectures")
    names = architectures if isinstance(architectures, list) else []
    task = next((_OTHER_TASKS[n] for n in names if isinstance(n, str) and n in _OTHER_TASKS), None)
    if task is not None:
        raise _not_wanted(file, Message("its head predicts {task}", task=task))
    if not has_pooler:
        raise _not_wanted(
            file, Message("the model has no pooler, so its head does not classify texts")
        )
    outputs = shape[0] if len(shape) == 2 else 0
    target = head_target(config, outputs, file)
    if outputs < target.least_labels:
        raise _not_wanted(
            file,
            Message(
                "its head has the shape {shape}: it does not choose between classes", shape=shape
            ),
        )
    return outputs, target


def head_target(config: dict[str, Any], outputs: int, file: Path) -> Target:
    """Return what the outputs of a head mean, as `BertForSequenceClassification` decides it.

    Args:
        config: dict. The contents of config.json.
        outputs: int. How many there are.
        file: Path. The config.json.
    """
    problem = config.get("problem_type")
    if problem is None:
        problem = Regression.problem_type if outputs == 1 else Single.problem_type
    target = next((known for known in _TARGETS if known.problem_type == problem), None)
    if target is None:
        raise _not_wanted(
            file,
            Message(
                "the model was trained for {problem!r:.80}; kbert supports {known}",
                problem=problem,
                known=Joined(known.problem_type for known in _TARGETS),
            ),
        )
    if target == Multi() and THRESHOLDS in config:
        return target_of({"kind": "multi", "thresholds": config[THRESHOLDS]}, outputs)
    own = target_of(str(config[OWN_KIND])) if OWN_KIND in config else target
    # Training the folder further for something else changes `problem_type` alone.
    return own if own.problem_type == target.problem_type else target


def head_fields(target: Target) -> dict[str, Any]:
    """Return the fields of config.json that say what the outputs of a head mean.

    Args:
        target: Target.
    """
    fields: dict[str, Any] = {"problem_type": target.problem_type}
    if not any(known.kind == target.kind for known in _TARGETS):
        fields[OWN_KIND] = target.kind
    if (thresholds := target.to_dict().get(THRESHOLDS)) is not None:
        fields[THRESHOLDS] = thresholds
    return fields


def head_labels(
    config: dict[str, Any], classes: int, file: Path, least: int = 2
) -> tuple[tuple[str, ...] | None, str]:
    """Return the names of a head's classes, or None and why the files do not name them.

    Without `id2label` they are LABEL_0, LABEL_1, ... as in transformers.

    Args:
        config: dict. The contents of config.json.
        classes: int. How many there are.
        file: Path. The config.json.
        least: int. How many there must be at least. Defaults to 2.
    """
    names = config.get("id2label")
    if names is None:
        return tuple(f"LABEL_{number}" for number in range(classes)), ""
    shown = f"Received: {names!r:.80}"
    try:
        found = [names[str(number)] for number in range(len(names))]
    except (KeyError, TypeError):
        return None, worded(
            "{file}: id2label must name the classes, starting at 0. {shown}", file=file, shown=shown
        )
    texts = tuple(name for name in found if isinstance(name, str) and name)
    if len(found) < least or len(set(texts)) < len(found):
        count = (worded("one class a name"), worded("two classes different names"))[least - 1]
        return None, worded(
            "{file}: id2label must give at least {count}. {shown}",
            file=file,
            count=count,
            shown=shown,
        )
    if len(texts) != classes:
        return None, worded("{file}: id2label names {texts} classes.", file=file, texts=len(texts))
    return texts, ""


def _not_wanted(file: Path, reason: Message) -> InputError:
    train = Call("train", "DATA", preset=file.parent, output="NEW")
    return InputError(
        "{file}: {reason}. To train a new head on its encoder: {train}",
        file=file,
        reason=reason,
        train=train,
    )
