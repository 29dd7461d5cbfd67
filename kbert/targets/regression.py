"""Numbers for each row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kbert.findings import Cure, Joined, Message, Problem, worded
from kbert.results.number_prediction import NumberPrediction
from kbert.results.regression_evaluation import RegressionEvaluation
from kbert.targets.label_cells import number_columns
from kbert.targets.labels import Labels
from kbert.targets.same_columns import columns_of
from kbert.targets.target import Target

if TYPE_CHECKING:
    import numpy as np

_STRATA = 10
_RELATIVE = 0.01  # with a tolerance of 1e-4: one part in a million of the number itself


@dataclass(frozen=True)
class Regression(Target):
    """Numbers for each row: a float32 array [rows, columns].

        predicted = outputs * scale + mean
        loss      = mean(((numbers - predicted) / scale) ** 2)

    The head gives standardized numbers, whatever the unit of the labels is.

    Args:
        mean: tuple of float, one per column, or None. The mean of the training rows. Defaults to
            None: 0 for all.
        scale: tuple of float, one per column, or None. Their standard deviation. Defaults to None:
            1 for all.
    """

    mean: tuple[float, ...] | None = None
    scale: tuple[float, ...] | None = None

    kind = "regression"
    scores_class = RegressionEvaluation
    least_labels = 1
    activation = "linear"
    problem_type = "regression"
    what = Message("number")
    smooths_labels = False

    def read(
        self, cells: Sequence[Any], columns: Sequence[str], encoding: str
    ) -> tuple[float, ...] | Problem:
        return number_columns(cells, columns)

    def labels_of(self, values: Sequence[tuple[float, ...]], columns: Sequence[str]) -> Labels:
        return Labels(tuple(columns))

    def encode(
        self, values: Sequence[tuple[float, ...]], labels: Labels, columns: Sequence[str]
    ) -> "np.ndarray":
        import numpy as np

        numbers = np.array(values, np.float32)
        # A single number may be in a column of another name.
        return (
            numbers if len(labels) == 1 == len(columns) else numbers[:, columns_of(labels, columns)]
        )

    def untrainable(self, targets: "np.ndarray", labels: Labels) -> Problem | None:
        if (targets != targets[:1]).any():
            return None
        return Problem(
            "every row has the same number in {columns}",
            Cure({"label": "NAME"}, note="if another column holds the numbers"),
            {"columns": Joined(map(repr, labels.names[:10]))},
        )

    def describe(self, targets: "np.ndarray", names: Sequence[str]) -> str:
        columns = (
            worded(
                "{name} from {min:.4g} to {max:.4g}, mean {mean:.4g}",
                name=name,
                min=numbers.min(),
                max=numbers.max(),
                mean=numbers.mean(),
            )
            for name, numbers in zip(names, targets.T, strict=True)
        )
        return f"numbers: {'; '.join(columns)}"

    def same_for_all(self, targets: "np.ndarray", names: Sequence[str]) -> str:
        spread = targets.astype("float64").std(axis=0)
        columns = (
            f"RMSE {rmse:.4g}" + (f" of {name}" if len(names) > 1 else "")
            for name, rmse in zip(names, spread, strict=True)
        )
        return worded("{scores} by predicting the mean", scores=Joined(columns))

    def strata(self, targets: "np.ndarray") -> "np.ndarray":
        """Return the decile of each row's first number."""
        import numpy as np

        first = targets[:, 0]
        edges = np.quantile(first, np.arange(1, _STRATA) / _STRATA)
        return np.searchsorted(edges, first, side="right")

    def loss(
        self, label_smoothing: float = 0.0, label_weights: Sequence[float] | None = None
    ) -> Any:
        from kbert.losses import StandardizedError

        return StandardizedError(self.scale)

    def divergence(self) -> Any:
        from kbert.losses import StandardizedError

        return StandardizedError(self.scale)

    def fitted(self, targets: "np.ndarray") -> "Regression":
        """Return the target with the mean and the standard deviation of these rows."""
        import numpy as np

        numbers = np.asarray(targets, np.float64)
        spread = numbers.std(axis=0)
        # A column that does not vary is predicted as its mean.
        scale = np.where(spread > 1e-12 * np.abs(numbers).max(axis=0), spread, 1.0)
        return replace(self, mean=tuple(numbers.mean(axis=0).tolist()), scale=tuple(scale.tolist()))

    def outputs(self, raw: "np.ndarray") -> "np.ndarray":
        return raw

    def decided(self, outputs: "np.ndarray") -> "np.ndarray":
        """Return an empty row for each text: numbers decide nothing."""
        return outputs[:, :0]

    def differences(self, ours: "np.ndarray", theirs: "np.ndarray") -> "np.ndarray":
        """Return the differences of standardized numbers, allowing for float32's precision."""
        spread = 1.0 if self.scale is None else self.scale
        return abs(ours - theirs) / (spread + abs(ours) * _RELATIVE)

    @property
    def unit(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        return None if self.scale is None or self.mean is None else (self.scale, self.mean)

    def plain_head(
        self, kernel: "np.ndarray", bias: "np.ndarray"
    ) -> tuple["np.ndarray", "np.ndarray"]:
        """Return a head whose outputs are in their own unit, without a layer that scales them."""
        import numpy as np

        if self.unit is None:
            return kernel, bias
        scale, mean = map(np.array, self.unit)
        return (kernel * scale).astype(np.float32), (bias * scale + mean).astype(np.float32)

    def raw(self, outputs: "np.ndarray") -> "np.ndarray":
        return outputs

    def row_losses(self, outputs: "np.ndarray", targets: "np.ndarray") -> "np.ndarray":
        import numpy as np

        units = 1.0 if self.scale is None else np.array(self.scale)
        return (((outputs.astype(np.float64) - targets) / units) ** 2).mean(axis=1)

    def scores(
        self,
        raw: "np.ndarray",
        targets: "np.ndarray",
        names: Sequence[str],
        weights: "np.ndarray | None" = None,
    ) -> RegressionEvaluation:
        return RegressionEvaluation.from_predicted(raw, targets, names, self.scale, weights)

    def prediction(self, row: "np.ndarray", names: Sequence[str]) -> NumberPrediction:
        return NumberPrediction.from_numbers(row, names)
