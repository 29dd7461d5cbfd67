"""Batches of the raw texts that a method of a `BertClassifier` is given."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kbert.backend.global_seed import global_seed
from kbert.data.batches import Batches
from kbert.data.class_weights import row_weights
from kbert.data.raw.element import Element
from kbert.data.raw.find_text_set import find_text_set
from kbert.data.raw.holds_texts import holds_texts
from kbert.data.raw.raw_rows import read_elements
from kbert.data.raw.text_set import TextSet, batch_rows, read_set
from kbert.data.reading.examples import Examples
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.plans.training_plan import TrainingPlan
from kbert.utils.counts import check_count

_BATCH_SIZE = 32  # as in Keras


def find_texts(given: Any) -> tuple[Any, Any]:
    """Return the given object as raw texts, or None; and the object itself.

    The first item of an iterator is looked at. The raw texts yield it again; if there are none, the
    object that is returned does.

    Args:
        given: anything, such as the x of `fit`.

    Returns:
        A tuple. The first is Examples, a TextSet, what `Element.from_arrays` takes, or None.
    """
    if isinstance(given, Examples) or _are_texts(given):
        return given, given
    return find_text_set(given)


def is_set_of_texts(data: Any) -> bool:
    """Return whether an evaluation set contains raw texts; it is looked at, not read."""
    if isinstance(data, Iterator):
        return False
    is_pair = isinstance(data, tuple) and len(data) in (2, 3)
    return find_texts(data[0] if is_pair else data)[0] is not None


def _are_texts(given: Any) -> bool:
    if isinstance(given, list | tuple) and not given:
        return True
    is_other = isinstance(given, str | bytes | Mapping) or hasattr(given, "columns")
    return not is_other and holds_texts(given)


@dataclass(frozen=True)
class RawTexts:
    """Raw texts in the form that a Keras method takes, and how many of them it reads.

    Args:
        texts: Examples, a TextSet, or what `Element.from_arrays` takes.
        y: labels, or None if the texts come with their labels.
        weights: of the rows, or None.
        batch_size: int or None. Rows per batch. Defaults to None: those of the data set's batches,
            else 32.
        steps: int or None. The number of batches that are read. Defaults to None: all.
        steps_option: str. What the Keras method calls `steps`. Defaults to "steps".
    """

    texts: Any
    y: Any = None
    weights: Any = None
    batch_size: int | None = None
    steps: int | None = None
    steps_option: str = "steps"

    def __post_init__(self) -> None:
        for option, value in (("batch_size", self.batch_size), (self.steps_option, self.steps)):
            if value is not None:
                check_count(option, value)
        if isinstance(self.texts, Examples) or self.is_set:
            self._check_alone()

    @property
    def is_set(self) -> bool:
        """Whether the texts are a data set, whose batches Keras takes one by one."""
        return isinstance(self.texts, TextSet)

    def training_batches(
        self, model: Any, plan: TrainingPlan | None = None, *, shuffle: bool = True
    ) -> Batches:
        """Return the batches that `fit` trains on: all rows, shuffled together in each epoch.

        Args:
            model: BertClassifier.
            plan: TrainingPlan or None. Its batch size is the default, and its recipe decides
                whether an incomplete batch is left out. Defaults to None.
            shuffle: bool. False keeps the order of the rows. Defaults to True.
        """
        examples, size = self._read(model, need_labels=True)
        size = size or default_batch_size(plan)
        drops = isinstance(self.texts, TextSet) and self.texts.drop_remainder
        drops = drops or (plan is not None and plan.drop_remainder)
        own = TrainingPlan(
            len(examples), batch_size=size, recipe="google" if drops else "recommended"
        )
        batches = (
            model.batches(examples, own, seed=global_seed())
            if shuffle
            else model.batches(examples, batch_size=size)
        )
        # Keras uses the weights that it is given unchanged; those of Examples are from a column.
        is_own = self.texts is examples
        batches.weights = row_weights(examples) if is_own else batches.store.weights
        return batches

    def evaluation_batches(self, model: Any, *, need_labels: bool = True) -> Batches:
        """Return the batches of a pass in which order does not matter, the longest rows first."""
        examples, size = self._read(model, need_labels=need_labels)
        size = size or _BATCH_SIZE
        if self.steps is not None and not self.is_set:
            examples = examples.take(np.arange(min(self.steps * size, len(examples))))
        if not need_labels:
            examples = replace(examples, label_ids=None, labels=None)
        batches = model.batches(examples, batch_size=size)
        if need_labels and batches.store.labels is None:
            raise InputError(
                "{source} has no labels to evaluate against.",
                source=examples.source,
                cure=Cure(code="model.predict(examples)", note="which needs none"),
            )
        return Batches(
            batches.store,
            size,
            order="length",
            pad_id=batches.pad_id,
            few_shapes=batches.few_shapes,
            examples=examples,
        )

    def _read(self, model: Any, *, need_labels: bool) -> tuple[Examples, int | None]:
        """Return the rows, and the batch size, if it is known."""
        if isinstance(self.texts, Examples):
            return self.texts, self.batch_size
        if isinstance(self.texts, TextSet):
            data = self.texts
            size = self.batch_size or _BATCH_SIZE
            elements = read_set(data, self.steps_option, self.steps, size)
            examples = read_elements(elements, model.labels, data.name, need_labels=need_labels)
            return examples, self.batch_size or batch_rows(data, elements)
        rows = Element.from_arrays(self.texts, self.y, self.weights)
        return (
            read_elements([rows], model.labels, "The data", need_labels=need_labels),
            self.batch_size,
        )

    def _check_alone(self) -> None:
        """Raise InputError for labels or weights that are given with data that has its own."""
        for option, value in (("y", self.y), ("sample_weight", self.weights)):
            if value is not None:
                raise InputError(
                    "{option} must be left out: {kind} bring their own.",
                    option=Option(option),
                    kind="Examples" if isinstance(self.texts, Examples) else "data sets",
                    cure=Cure(
                        code="Examples(..., weights=weights)"
                        if option == "sample_weight"
                        else "fit(x)"
                    ),
                )


def default_batch_size(plan: TrainingPlan | None) -> int:
    """Return the batch size if `fit` is not given one: the plan's, or Keras's default."""
    return _BATCH_SIZE if plan is None else plan.batch_size


def labelled_batches(
    model: Any, data: Any, batch_size: int | None = None, steps: int | None = None
) -> Any:
    """Return an evaluation set as Batches if it contains raw texts, else as it is.

    Args:
        model: BertClassifier.
        data: `validation_data` of `fit`, or a set of an `EpochEvaluation`.
        batch_size: int or None. Defaults to None: that of the set's own batches, else 32.
        steps: int or None. The number of batches. Defaults to None: all.
    """
    is_parts = isinstance(data, tuple) and len(data) in (2, 3)
    x, y, weights = (*data, None)[:3] if is_parts else (data, None, None)
    texts, x = find_texts(x)
    if texts is None:
        return data if is_parts else x
    raw = RawTexts(texts, y, weights, batch_size, steps, "validation_steps")
    return raw.evaluation_batches(model)
