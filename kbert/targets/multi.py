"""Several labels for each row, or none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kbert.findings import Cure, Joined, Message, Problem, worded
from kbert.results.multi_evaluation import MultiEvaluation, sigmoid
from kbert.results.multi_prediction import MultiPrediction
from kbert.results.scores import Scores
from kbert.targets.label_cells import marked_columns, several_labels
from kbert.targets.labels import Labels
from kbert.targets.target import Target
from kbert.utils.wording import count_list, count_noun

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Multi(Target):
    """Several labels for each row, or none: a uint8 array [rows, labels] of 0 and 1.

        probabilities = sigmoid(logits)
        loss          = mean(-log(where(has_label, probabilities, 1 - probabilities)))

    Args:
        separator: str or None. What separates the names in a text. Defaults to None: a text is one
            name. Lists need no separator.
        thresholds: tuple of float, one per label, or None. The lowest probability with which each
            label is predicted. Defaults to None: 0.5 for all. Training scores with 0.5, and at its
            end sets the thresholds that give each label its best F1 on the evaluation set.
    """

    separator: str | None = None
    thresholds: tuple[float, ...] | None = None

    kind = "multi"
    scores_class = MultiEvaluation
    least_labels = 1
    activation = "sigmoid"
    problem_type = "multi_label_classification"
    what = Message("set of labels")
    weighs_labels = True
    names_labels = True
    of_unseen_rows = Message(
        "Labels are predicted from a probability of 0.5 here: the thresholds of each model were "
        "chosen on the rows that it predicts."
    )

    def read(
        self, cells: Sequence[Any], columns: Sequence[str], encoding: str
    ) -> tuple[str, ...] | Problem:
        if len(columns) > 1:
            return marked_columns(cells, columns)
        return several_labels(cells[0], columns[0], self.separator)

    def labels_of(self, values: Sequence[tuple[str, ...]], columns: Sequence[str]) -> Labels:
        if len(columns) > 1:
            return Labels(tuple(columns))
        return Labels.from_values(name for names in values for name in names)

    def untrainable(self, targets: "np.ndarray", labels: Labels) -> Problem | None:
        if (targets != targets[:1]).any():
            return None
        names = [name for name, has in zip(labels.names, targets[0], strict=True) if has]
        return Problem(
            "every row has the same labels ({names})" if names else "no row has a label",
            Cure({"label": "NAME"}, note="if another column holds the labels"),
            {"names": Joined(map(repr, names[:10]))},
        )

    def unknown(self, value: tuple[str, ...], labels: Labels) -> Problem | None:
        return next((labels.unknown(name) for name in value if name not in labels.ids), None)

    def encode(
        self, values: Sequence[tuple[str, ...]], labels: Labels, columns: Sequence[str]
    ) -> "np.ndarray":
        import numpy as np

        targets = np.zeros((len(values), len(labels)), np.uint8)
        for row, names in enumerate(values):
            targets[row, [labels.ids[name] for name in names]] = 1
        return targets

    def describe(self, targets: "np.ndarray", names: Sequence[str]) -> str:
        counts = dict(zip(names, map(int, targets.sum(axis=0)), strict=True))
        listed = count_list(dict(sorted(counts.items(), key=lambda item: -item[1])))
        each = targets.sum() / max(len(targets), 1)
        without = int((~targets.any(axis=1)).sum())
        return worded(
            "several labels: {labels} ({listed}), {each:.2f} per row, {rows} without",
            labels=count_noun(len(names), "label"),
            listed=listed,
            each=each,
            rows=count_noun(without, "row"),
        )

    def counts(self, targets: "np.ndarray", labels: int) -> "np.ndarray":
        import numpy as np

        return targets.sum(axis=0, dtype=np.int64)

    def same_for_all(self, targets: "np.ndarray", names: Sequence[str]) -> str:
        import numpy as np

        sets, rows = np.unique(targets, axis=0, return_counts=True)
        most = [name for name, has in zip(names, sets[rows.argmax()], strict=True) if has]
        told = (
            worded("the labels {names}", names=Joined(most[:5]))
            if len(most) > 1
            else "".join(most) or worded("no label")
        )
        return worded(
            "all labels right {score:.4f} by predicting {told}",
            score=rows.max() / len(targets),
            told=told,
        )

    def strata(self, targets: "np.ndarray") -> "np.ndarray":
        """Return the rarest label of each row, which is the hardest to get into every set."""
        import numpy as np

        counts = targets.sum(axis=0)
        costs = np.where(targets, counts[None], len(targets) + 1)
        return np.where(targets.any(axis=1), costs.argmin(axis=1) + 1, 0)

    def loss(
        self, label_smoothing: float = 0.0, label_weights: Sequence[float] | None = None
    ) -> Any:
        """Return the loss; a label that a row has counts by its weight, or 1 without weights."""
        import keras

        if label_weights is not None:
            from kbert.losses import LabelLoss

            return LabelLoss(label_weights, label_smoothing)
        return keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=label_smoothing)

    def divergence(self) -> Any:
        from kbert.losses import LabelDivergence

        return LabelDivergence()

    def chosen_by(self, scores: Scores | None) -> "Multi":
        """Return the target with the best thresholds of an evaluation."""
        best = scores.best_thresholds if isinstance(scores, MultiEvaluation) else None
        return replace(self, thresholds=None if best is None else best.values)

    def what_is_chosen(self, scores: Scores, names: Sequence[str], rows: str) -> str | None:
        best = scores.best_thresholds if isinstance(scores, MultiEvaluation) else None
        return None if best is None else best.told(names, rows)

    def at_temperature(self, temperature: float) -> "Multi":
        """Return the target with the thresholds at which the same labels are predicted."""
        import numpy as np

        if self.thresholds is None:
            return self
        logits = self.raw(np.array(self.thresholds)) / temperature
        return replace(self, thresholds=tuple(sigmoid(logits).tolist()))

    def outputs(self, raw: "np.ndarray") -> "np.ndarray":
        return sigmoid(raw)

    def decided(self, outputs: "np.ndarray") -> "np.ndarray":
        return outputs >= self.limits(outputs.shape[1])

    def raw(self, outputs: "np.ndarray") -> "np.ndarray":
        import numpy as np

        tiny = np.finfo(np.float32).tiny
        shares = outputs.astype(np.float64)
        return np.log(np.maximum(shares, tiny)) - np.log(np.maximum(1 - shares, tiny))

    def row_losses(self, outputs: "np.ndarray", targets: "np.ndarray") -> "np.ndarray":
        import numpy as np

        shares = outputs.astype(np.float64)
        right = np.where(targets > 0, shares, 1 - shares)
        return -np.log(np.maximum(right, np.finfo(np.float32).tiny)).mean(axis=1)

    def scores(
        self,
        raw: "np.ndarray",
        targets: "np.ndarray",
        names: Sequence[str],
        weights: "np.ndarray | None" = None,
    ) -> MultiEvaluation:
        return MultiEvaluation.from_logits(raw, targets, names, self.thresholds, weights)

    def prediction(self, row: "np.ndarray", names: Sequence[str]) -> MultiPrediction:
        return MultiPrediction.from_probabilities(row, names, self.limits(len(names)))

    def limits(self, labels: int) -> tuple[float, ...]:
        """Return the threshold of each label, given the number of labels."""
        return self.thresholds or (0.5,) * labels
