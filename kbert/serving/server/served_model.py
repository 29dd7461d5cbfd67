"""The model that a server answers with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbert.backend.thread_count import limit_threads
from kbert.errors import InputError
from kbert.findings import Option
from kbert.interop.segments import check_segments
from kbert.interop.sources import find_source
from kbert.serving.export_source import Export
from kbert.serving.prediction_cells import record
from kbert.serving.predictor import Predictor
from kbert.targets.abstention import Abstain, Abstention

if TYPE_CHECKING:
    import numpy as np

# Rows per call of an exported program. They are padded to the longest of them, which on a CPU costs
# more than larger batches gain.
_ROWS_OF_A_PROGRAM = 8
_PROBE = ["a"]  # a text for which every vocabulary has a token, even if only [UNK]


@dataclass(frozen=True, eq=False)
class ServedModel:
    """A predictor, with what its files record about the texts that it takes.

    Args:
        predictor: Predictor.
        name: str. The last part of the model's path.
        text_pairs: bool or None. Whether it takes text pairs, if its files record that. Defaults to
            None.
        num_segments: int or None. How many texts per row it can distinguish. Defaults to None.
        batch_size: int. Texts per call of the model. Defaults to 32.
    """

    predictor: Predictor
    name: str
    text_pairs: bool | None = None
    num_segments: int | None = None
    batch_size: int = 32

    @classmethod
    def load(
        cls, path: Path, backend: str | None, threads: int | None, batch_size: int
    ) -> "ServedModel":
        """Return the model at a path, after it has computed a first text.

        Args:
            path: Path. What `Predictor.load` takes.
            backend: str or None. The Keras backend, if Keras is needed.
            threads: int or None. Threads of its computations.
            batch_size: int. Texts per batch, which an exported program computes in parts.

        Raises:
            InputError: there is no model, it is broken, or it computes no numbers.
        """
        source = find_source(path, predicts=True)
        of_runtime, rows = None, batch_size
        if isinstance(source, Export):
            of_runtime, rows = threads, min(batch_size, _ROWS_OF_A_PROGRAM)
        elif threads is not None:
            limit_threads(threads)  # has no effect if Keras is imported already, as in a reload
        predictor = Predictor.load(path, backend=backend, threads=of_runtime)
        model = cls(
            predictor, path.resolve().name, source.text_pairs(), source.num_segments(), rows
        )
        model.compute(_PROBE, _PROBE if model.text_pairs else None)
        return model

    def check(
        self, pairs: Sequence[str] | None, abstain: Abstain | None, top_k: int | None
    ) -> None:
        """Raise InputError for what this model does not take."""
        if self.text_pairs is not None and self.text_pairs != (pairs is not None):
            raise InputError(
                "The model was trained on text pairs: give the second texts as {option}."
                if self.text_pairs
                else "The model was trained on single texts: leave {option} out.",
                option=Option("pairs"),
            )
        check_segments(self.num_segments, pairs is not None, Option("pairs"))
        if abstain is not None:
            self._limits(abstain)
        if top_k is not None and self.activation == "linear":
            raise InputError(
                "{option} is for labels, but the model predicts numbers.", option=Option("top_k")
            )

    def compute(self, texts: Sequence[str], pairs: Sequence[str] | None) -> "np.ndarray":
        """Return the outputs [texts, labels] of a batch."""
        return self.predictor.predict_proba(texts, pairs, self.batch_size)

    def records(
        self, rows: "np.ndarray", abstain: Abstain | None = None, top_k: int | None = None
    ) -> list[dict[str, Any]]:
        """Return the predictions for rows of outputs, as JSON."""
        predictor = self.predictor
        found = [predictor.target.prediction(row, predictor.labels) for row in rows]
        if abstain is not None:
            found = list(map(self._limits(abstain).applied, found))
        return [_top(record(one), top_k) for one in found]

    @property
    def activation(self) -> str:
        """Its output activation: "softmax", "sigmoid" for several labels, "linear" for numbers."""
        return self.predictor.target.activation

    def _limits(self, abstain: Abstain) -> Abstention:
        return Abstention.of(abstain, self.predictor.labels, self.predictor.target)


def _top(found: dict[str, Any], top_k: int | None) -> dict[str, Any]:
    """Return the JSON of a prediction with only its most probable labels, in descending order."""
    if top_k is None or "probabilities" not in found:
        return found
    order = sorted(found["probabilities"].items(), key=lambda item: -item[1])
    return {**found, "probabilities": dict(order[:top_k])}
