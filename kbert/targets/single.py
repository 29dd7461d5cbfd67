"""One class for each row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from kbert.choices import TargetKind
from kbert.findings import Cure, Message, Problem, worded
from kbert.results.evaluation import Evaluation, softmax
from kbert.results.prediction import Prediction
from kbert.targets.labels import Labels
from kbert.targets.target import Target
from kbert.utils.label_names import HALF_CHARACTER
from kbert.utils.wording import count_list

if TYPE_CHECKING:
    import numpy as np

_MAX_LABEL = 1000  # characters


@dataclass(frozen=True)
class Single(Target):
    """One class for each row: an int32 array [rows].

    probabilities = softmax(logits)
    loss          = -log(probabilities[class])
    """

    kind: ClassVar[TargetKind] = "single"
    scores_class = Evaluation
    activation = "softmax"
    problem_type = "single_label_classification"
    what = Message("label")
    names_labels = True
    takes_names = True

    def read(self, cells: Sequence[Any], columns: Sequence[str], encoding: str) -> str | Problem:
        return _label_problem(cells[0]) or cells[0]

    def labels_of(self, values: Sequence[str], columns: Sequence[str]) -> Labels:
        return Labels.from_values(values)

    def encode(self, values: Sequence[str], labels: Labels, columns: Sequence[str]) -> "np.ndarray":
        return labels.encode(values)

    def untrainable(self, targets: "np.ndarray", labels: Labels) -> Problem | None:
        if len(labels) > 1:
            return None
        return Problem(
            "every row has the label {name!r}; a classifier needs at least two classes",
            Cure({"label": "NAME"}, note="if another column holds the labels"),
            {"name": labels.names[0]},
        )

    def unknown(self, value: str, labels: Labels) -> Problem | None:
        return None if value in labels.ids else labels.unknown(value)

    def describe(self, targets: "np.ndarray", names: Sequence[str]) -> str:
        counts = self.counts(targets, len(names))
        assert counts is not None
        return worded(
            "{names:,} classes ({counts})",
            names=len(names),
            counts=count_list(dict(zip(names, counts, strict=True))),
        )

    def class_ids(self, targets: "np.ndarray") -> "np.ndarray":
        return targets

    def same_for_all(self, targets: "np.ndarray", names: Sequence[str]) -> str:
        import numpy as np

        largest = np.bincount(targets).max()
        return worded(
            "accuracy {score:.4f} by predicting the largest class", score=largest / len(targets)
        )

    def strata(self, targets: "np.ndarray") -> "np.ndarray":
        return targets

    def loss(
        self, label_smoothing: float = 0.0, label_weights: Sequence[float] | None = None
    ) -> Any:
        import keras

        if label_smoothing:
            from kbert.losses import ClassLoss

            return ClassLoss(label_smoothing=label_smoothing)
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def divergence(self) -> Any:
        from kbert.losses import ClassDivergence

        return ClassDivergence()

    def outputs(self, raw: "np.ndarray") -> "np.ndarray":
        return softmax(raw)

    def raw(self, outputs: "np.ndarray") -> "np.ndarray":
        import numpy as np

        return np.log(np.maximum(outputs, np.finfo(np.float32).tiny))

    def row_losses(self, outputs: "np.ndarray", targets: "np.ndarray") -> "np.ndarray":
        import numpy as np

        return -self.raw(outputs.astype(np.float64))[np.arange(len(targets)), targets]

    def scores(
        self,
        raw: "np.ndarray",
        targets: "np.ndarray",
        names: Sequence[str],
        weights: "np.ndarray | None" = None,
    ) -> Evaluation:
        return Evaluation.from_logits(raw, targets, names, weights)

    def prediction(self, row: "np.ndarray", names: Sequence[str]) -> Prediction:
        return Prediction.from_probabilities(row, names)


def _label_problem(label: str) -> Problem | None:
    if len(label) > _MAX_LABEL:
        return Problem(
            "the label is {length:,} characters long (at most {max_length:,})",
            Cure({"label": "NAME"}, note="if another column holds the labels"),
            {"length": len(label), "max_length": _MAX_LABEL},
        )
    if not label.isascii() and HALF_CHARACTER.search(label):
        return Problem(
            "the label {label!r} contains half a character, which no file can store",
            Cure(note="correct it"),
            {"label": label},
        )
    return None
