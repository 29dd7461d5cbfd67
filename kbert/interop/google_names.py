"""Names in TensorFlow 1 checkpoints: weights of BERT, and what training leaves beside them."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from kbert.errors import InputError
from kbert.findings import worded
from kbert.interop.stored_names import Shapes, StoredNames
from kbert.utils.wording import count_noun, name_list

_ANCHOR = "bert/embeddings/word_embeddings"
_HEAD = ("output_weights", "output_bias")
_OBJECT_BASED = "/.ATTRIBUTES/VARIABLE_VALUE"
_MAX_PARTS = 32  # of a name; BERT's have 8, and every part of a longer one would be looked up


@dataclass(frozen=True)
class VariableNames(StoredNames):
    """The names in a checkpoint, grouped by what they belong to.

    Args:
        encoder: dict. The encoder's weights: their names in the checkpoint, by their names in a
            release.
        head: dict. The same for the head that run_classifier.py trains.
        pretraining: tuple of str. The heads of pretraining.
        other: tuple of str. Everything else, such as other heads.
        slots: tuple of str. What an optimizer or a moving average keeps for a weight: all names
            below the weight's, such as "output_bias/BERTAdam_1".
        counters: tuple of str. Single numbers, such as global_step and loss_scale.

    Example:

    ```python
    shapes = {"bert/embeddings/word_embeddings": (9, 4), "crf/transitions": (3, 3)}
    assert VariableNames.find(shapes, "model.ckpt").other == ("crf/transitions",)
    ```
    """

    pooler: ClassVar[str] = "bert/pooler/"

    slots: tuple[str, ...]
    counters: tuple[str, ...]

    @classmethod
    def find(cls, shapes: Shapes, source: object) -> "VariableNames":
        """Return the names, found by the scope of the embedding table.

        Args:
            shapes: dict. The shapes by the checkpoint's names.
            source: the checkpoint, in messages.

        Raises:
            InputError: there are several BERTs, or it is a checkpoint of TensorFlow 2.
        """
        scope = _scope(shapes, source)
        encoder, head = {}, {}
        slots, counters, pretraining, other = [], [], [], []
        heads = [scope + part for part in _HEAD if scope + part in shapes]
        weights = {*heads, *(name for name in shapes if name.startswith(f"{scope}bert/"))}
        for name, shape in shapes.items():
            bare = name.removeprefix(scope)
            is_inside = name.startswith(scope)
            if _hangs_below(name, shapes, weights):
                slots.append(name)
            elif is_inside and bare.startswith("bert/"):
                encoder[bare] = name
            elif is_inside and bare in _HEAD:
                head[bare] = name
            elif bare.startswith("cls/"):
                pretraining.append(name)
            elif math.prod(shape) == 1:
                counters.append(name)
            else:
                other.append(name)
        return cls(encoder, head, *map(tuple, (pretraining, other, slots, counters)))

    def notes(self, step: int | None, unwanted: Collection[str]) -> tuple[str, ...]:
        """Return a line for each kind of variable that is left behind.

        Args:
            step: int or None. The value of global_step, where it is known.
            unwanted: the names of a head that is not wanted, and of other variables.
        """
        lines = []
        if self.slots:
            kinds = {name.rsplit("/", 1)[-1] for name in self.slots}
            what = (
                worded("of Adam")
                if kinds <= {"adam_m", "adam_v"}
                else worded("of an optimizer{some}", some=_some(kinds))
            )
            lines.append(f"{count_noun(len(self.slots), 'slot')} {what}")
        if step is not None:
            lines.append(f"global_step {step}")
        counters = [name for name in self.counters if step is None or name != "global_step"]
        if counters:
            lines.append(f"{count_noun(len(counters), 'counter')}{_some(counters)}")
        if self.pretraining:
            count = count_noun(len(self.pretraining), "weight")
            lines.append(worded("{count} of pretraining (cls/*)", count=count))
        if unwanted:
            lines.append(
                worded(
                    "{weights} of another head{some}",
                    weights=count_noun(len(unwanted), "weight"),
                    some=_some(unwanted),
                )
            )
        return tuple(worded("Left behind: {line}.", line=line) for line in lines)


def _scope(shapes: Shapes, source: object) -> str:
    """Return the prefix of the weights' names, such as "module/"."""
    found = [name.removesuffix(_ANCHOR) for name in shapes if name.endswith(_ANCHOR)]
    scopes = [scope for scope in found if scope == "" or scope.endswith("/")]
    if "" in scopes or not scopes:
        if not scopes and any(name.endswith(_OBJECT_BASED) for name in shapes):
            raise InputError(
                "{source} is an object-based checkpoint of TensorFlow 2, whose names are not "
                "those of Google's BERT. Save the model as a Hugging Face or keras-hub folder.",
                source=source,
            )
        return ""
    if len(scopes) > 1:
        raise InputError(
            "{source} holds {count} BERTs, in the scopes {scopes}; one was expected.",
            source=source,
            count=len(scopes),
            scopes=", ".join(sorted(scopes)[:5])[:200],
        )
    return scopes[0]


def _hangs_below(name: str, shapes: Shapes, weights: Collection[str]) -> bool:
    """Whether a name lies below another, or contains a weight's name after an optimizer's scope."""
    parts = name.split("/")
    if len(parts) > _MAX_PARTS:
        return False
    paths = ["/".join(parts[:last]) for last in range(1, len(parts))]
    scoped = (
        "/".join(parts[first:last])
        for first in range(1, len(parts))
        for last in range(first + 1, len(parts) + 1)
    )
    return any(path in shapes for path in paths) or any(path in weights for path in scoped)


def _some(names: Collection[str]) -> str:
    return worded(" ({shown})", shown=name_list((name[-60:] for name in sorted(names)), 3))
