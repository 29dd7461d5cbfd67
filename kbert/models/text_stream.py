"""Batches of a stream of texts, in its own order."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

import keras
import numpy as np

from kbert.backend.dataset_internals import end_pipelines_at_once, width_before_epoch
from kbert.backend.few_shapes import few_shapes
from kbert.data.padding import MULTIPLE, pad
from kbert.data.raw.element import Element
from kbert.data.raw.raw_rows import read_elements
from kbert.data.raw.text_set import TextSet
from kbert.data.window_inputs import window_inputs, window_rows
from kbert.errors import InputError
from kbert.findings import Cure, Finding, Option
from kbert.interop.segments import check_segments
from kbert.utils.counts import check_count

_LOOKED_AT = 20  # batches; `PlanGuard` looks at the same number in other data
_WIDTHS = 4  # shapes to compile, if each shape is compiled


class TextStream(keras.utils.PyDataset):
    """Batches of a stream of texts, in its own order: an epoch has `steps` of them.

    The batches are numbered across all epochs. The batches that Keras looks at before the first
    epoch are kept for it, so that no row is lost. A stream that ends before the last epoch begins
    again, if it can. A `fit` that resumes after an epoch skips the batches that were trained.

    Args:
        data: TextSet.
        model: BertClassifier.
        steps: int. Batches per epoch.
        batch_size: int. Rows per batch, if the stream has single rows.
    """

    def __init__(self, data: TextSet, model: Any, steps: int, batch_size: int) -> None:
        super().__init__()
        end_pipelines_at_once(TextStream)
        check_count("steps_per_epoch", steps)
        check_count("batch_size", batch_size)
        self._data = data
        self._model = model
        self._steps = int(steps)
        self._batch_size = batch_size
        self._items = self._batches()
        self._held: dict[int, Element] = {}  # read, and not trained yet
        self._read = 0
        self._first_width = 0
        self._epoch: int | None = None  # counted from the first that is trained
        self._lock = Lock()  # TensorFlow asks for batches from its own threads
        self.failure: Exception | None = None

    @property
    def num_batches(self) -> int:
        """The number of batches in an epoch."""
        return self._steps

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int) -> Any:
        """The batch at a position in the epoch."""
        try:
            with self._lock:
                return self._encoded(index)
        except Exception as error:
            self.failure = error
            raise

    def begin(self, epoch: int) -> None:
        """Begin an epoch, counted from that of the first batch; a resumed `fit` begins later."""
        with self._lock:
            self._epoch = epoch
            for number in [n for n in self._held if n < epoch * self._steps]:
                del self._held[number]

    def first_batches(self) -> "FirstBatches":
        """Return the batches that come first, before an epoch has begun."""
        return FirstBatches([self[index] for index in range(min(_LOOKED_AT, self._steps))])

    @contextmanager
    def own_errors(self) -> Iterator[None]:
        """Raise the error that kept a batch from being made, in place of TensorFlow's own."""
        try:
            yield
        except Exception as error:
            if self.failure not in (None, error):
                raise self.failure from error
            raise

    def finding(self) -> Finding:
        """Return the warning that the order of the rows is not kbert's."""
        return Finding(
            "order-unknown",
            "warning",
            "{name} {stream}: its rows are trained on in the order in which they come, and are "
            "not shuffled; a run resumes only at the end of an epoch, by reading the stream "
            "again from its beginning.",
            Cure(code="fit(texts, labels)", note="with lists, which are shuffled whole each epoch"),
            {"name": self._data.name, "stream": self._data.stream},
        )

    def _encoded(self, index: int) -> Any:
        number = index + (self._epoch or 0) * self._steps
        while self._read <= number:
            element = self._next()
            if self._epoch is None or self._read >= self._epoch * self._steps:
                self._held[self._read] = element
            self._read += 1
        # Before the first epoch Keras, or a callback, looks at batches that are trained later.
        element = self._held[number] if self._epoch is None else self._held.pop(number)
        return self._batch(element, index)

    def _batch(self, element: Element, index: int) -> Any:
        model = self._model
        found = read_elements([element], model.labels, self._data.name, need_labels=True)
        check_segments(model.num_segments, found.pairs is not None, self._data.name)
        encoded = model.tokenizer.encode(found.texts, found.pairs, max_length=model.max_length)
        width = self._width(min(max(len(ids) for ids, _ in encoded), model.max_length))
        if self._epoch is None:
            self._first_width = width if index == 0 else self._first_width
            width = width_before_epoch(index, width, self._first_width, MULTIPLE)
        inputs = self._inputs(encoded, width, is_pair=found.pairs is not None)
        if found.weights is None:
            return inputs, found.label_ids
        return inputs, found.label_ids, found.weights

    def _inputs(self, encoded: Sequence[Any], width: int, *, is_pair: bool) -> dict[str, Any]:
        model = self._model
        split = model.tokenizer.window_split(model.max_length, is_pair=is_pair)
        if split is None:
            return pad(encoded, width, model.tokenizer.pad_id)
        texts = [split.split(np.asarray(ids, np.int32), first) for ids, first in encoded]
        rows = window_rows(sum(map(len, texts)), len(texts), few_shapes=few_shapes(model))
        return window_inputs(texts, width, rows, split.windows.max_windows, model.tokenizer.pad_id)

    def _width(self, longest: int) -> int:
        """Return the width of a batch: one of a few widths, if each shape is compiled."""
        if not few_shapes(self._model):
            return longest
        most = self._model.max_length
        step = -(-most // (_WIDTHS * MULTIPLE)) * MULTIPLE
        return min(-(-longest // step) * step, most)

    def _next(self) -> Element:
        element = next(self._items, None)
        if element is None and self._read:
            self._items = self._batches()
            element = next(self._items, None)
        if element is None:
            raise InputError(
                "{name} ended after {read:,} batches, but each epoch has {steps:,}.",
                name=self._data.name,
                read=self._read,
                steps=self._steps,
                cure=Cure(
                    note="fewer {steps} or {epochs}",
                    values={"steps": Option("steps_per_epoch"), "epochs": Option("epochs")},
                    otherwise=(Cure(note="a generator that never ends"),),
                ),
            )
        return element

    def _batches(self) -> Iterator[Element]:
        """Yield batches of one pass; single rows are joined."""
        rows: list[Element] = []
        for element in self._data.elements():
            if not element.is_row:
                yield element
                continue
            rows.append(element)
            if len(rows) == self._batch_size:
                yield Element.joined(rows)
                rows = []
        if rows:
            yield Element.joined(rows)


class FirstBatches(keras.utils.PyDataset):
    """Some batches in memory, for callbacks that look at the data of a `fit`."""

    def __init__(self, batches: Sequence[Any]) -> None:
        super().__init__()
        self._batches = batches

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> Any:
        return self._batches[index]


class StreamSetter(keras.callbacks.Callback):
    """Tells a stream which epoch `fit` is in.

    Args:
        stream: TextStream.
        initial_epoch: int. The epoch that `fit` is asked to begin with. If a checkpoint lets it
            begin with a later one, the epochs between have been trained.
    """

    def __init__(self, stream: TextStream, initial_epoch: int) -> None:
        super().__init__()
        self._stream = stream
        self._initial_epoch = initial_epoch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._stream.begin(epoch - self._initial_epoch)
