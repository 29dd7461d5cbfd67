"""A probability of each class for each row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kbert.findings import Cure, Joined, Message, Problem, worded
from kbert.results.evaluation import Evaluation, softmax
from kbert.results.prediction import Prediction
from kbert.targets.label_cells import number_columns, shares_of_classes
from kbert.targets.labels import Labels
from kbert.targets.same_columns import columns_of
from kbert.targets.target import Target
from kbert.utils.wording import count_noun

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Soft(Target):
    """A probability of each class, as annotators or another model give them: [rows, labels].

        loss = -sum(probabilities * log(softmax(logits)))

    The scores treat the most probable class as the true one.
    """

    kind = "soft"
    scores_class = Evaluation
    activation = "softmax"
    problem_type = "single_label_classification"
    what = Message("distribution")

    def read(
        self, cells: Sequence[Any], columns: Sequence[str], encoding: str
    ) -> tuple[float, ...] | Problem:
        shares = number_columns(cells, columns)
        return shares if isinstance(shares, Problem) else shares_of_classes(shares, columns)

    def labels_of(self, values: Sequence[tuple[float, ...]], columns: Sequence[str]) -> Labels:
        return Labels(tuple(columns))

    def encode(
        self, values: Sequence[tuple[float, ...]], labels: Labels, columns: Sequence[str]
    ) -> "np.ndarray":
        import numpy as np

        return np.array(values, np.float32)[:, columns_of(labels, columns)]

    def untrainable(self, targets: "np.ndarray", labels: Labels) -> Problem | None:
        if len(labels) > 1 and (targets != targets[:1]).any():
            return None
        return Problem(
            "every row has the same probabilities"
            if len(labels) > 1
            else "{name!r} is the only column of probabilities; a classifier needs at least two",
            Cure({"label": "NAME,NAME"}, note="if other columns hold them"),
            {"name": labels.names[0]},
        )

    def describe(self, targets: "np.ndarray", names: Sequence[str]) -> str:
        means = zip(names, targets.mean(axis=0), strict=True)
        listed = Joined(f"{name} {share:.1%}" for name, share in list(means)[:10])
        return worded(
            "probabilities of {classes} ({listed})",
            classes=count_noun(len(names), "class", "classes"),
            listed=listed,
        )

    def class_ids(self, targets: "np.ndarray") -> "np.ndarray":
        return targets.argmax(axis=1)

    def same_for_all(self, targets: "np.ndarray", names: Sequence[str]) -> str:
        import numpy as np

        largest = np.bincount(self.class_ids(targets)).max()
        return worded(
            "accuracy {score:.4f} by predicting the largest class", score=largest / len(targets)
        )

    def strata(self, targets: "np.ndarray") -> "np.ndarray":
        return targets.argmax(axis=1)

    def loss(
        self, label_smoothing: float = 0.0, label_weights: Sequence[float] | None = None
    ) -> Any:
        import keras

        return keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=label_smoothing
        )

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

        return -(targets * self.raw(outputs.astype(np.float64))).sum(axis=1)

    def scores(
        self,
        raw: "np.ndarray",
        targets: "np.ndarray",
        names: Sequence[str],
        weights: "np.ndarray | None" = None,
    ) -> Evaluation:
        import numpy as np

        losses = -(targets * np.log(np.maximum(softmax(raw.astype(np.float64)), 1e-300))).sum(1)
        return Evaluation.from_predicted(
            raw.argmax(axis=1),
            targets.argmax(axis=1),
            float(np.average(losses, weights=weights)),
            names,
            weights,
        )

    def prediction(self, row: "np.ndarray", names: Sequence[str]) -> Prediction:
        return Prediction.from_probabilities(row, names)
