"""What the label of a row is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar

from kbert.choices import TargetKind
from kbert.findings import Problem, Text
from kbert.results.any_prediction import AnyPrediction
from kbert.results.scores import Scores
from kbert.targets.labels import Labels

if TYPE_CHECKING:
    import numpy as np

_CHUNK = 2**20  # rows that are counted at a time


class Target(ABC):
    """What the label of a row is: how it is read, trained, scored and predicted.

    Each subclass is one kind. Its fields are what a model must keep, such as the scale of numbers.
    """

    kind: ClassVar[TargetKind]
    scores_class: ClassVar[type[Scores]]
    """The class of an evaluation's scores; it names those that can decide which epoch is best."""
    least_labels: ClassVar[int] = 2
    """The minimum number of labels of a model; each label is an output."""
    activation: ClassVar[str]
    """The function that computes `outputs` from a model's raw ones: "softmax", "sigmoid" or
    "linear"; an exported program applies it."""
    problem_type: ClassVar[str]
    """The name of this kind in transformers' configurations."""
    what: ClassVar[Text]
    """What a row has, as messages call it, such as "label"."""
    takes_names: ClassVar[bool] = False
    """Whether `read` is given names instead of cells: anything else is refused before."""
    weighs_labels: ClassVar[bool] = False
    """Whether `loss` weights labels, because a row has no class by which it could be weighted."""
    smooths_labels: ClassVar[bool] = True
    """Whether `loss` can smooth labels: spread a part of a label over all of them."""
    names_labels: ClassVar[bool] = False
    """Whether a row has labels by name, each of which is right or wrong."""
    of_unseen_rows: ClassVar[Text] = ""
    """A note on scores of unseen rows, if `chosen_by` takes anything from the rows it is given."""

    # What a source holds.

    @abstractmethod
    def read(self, cells: Sequence[Any], columns: Sequence[str], encoding: str) -> Any:
        """Return the value in the cells of a row's label, or a `Problem` that says why it has none.

        Args:
            cells: sequence. The cells of the label's columns.
            columns: sequence of str. The names of these columns.
            encoding: str. The encoding of cells that are bytes.
        """

    @abstractmethod
    def labels_of(self, values: Sequence[Any], columns: Sequence[str]) -> Labels:
        """Return the labels of a source: the classes that occur in it, or its columns."""

    @abstractmethod
    def encode(self, values: Sequence[Any], labels: Labels, columns: Sequence[str]) -> "np.ndarray":
        """Return the values of rows as the array to train on: [rows] or [rows, labels].

        Raises:
            InputError: the columns are not the labels.
        """

    def unknown(self, value: Any, labels: Labels) -> Problem | None:
        """Return the problem that a value is not one of the labels, or None."""
        return None

    @abstractmethod
    def untrainable(self, targets: "np.ndarray", labels: Labels) -> Problem | None:
        """Return the problem that all rows are alike, so that there is nothing to learn, or None.

        Args:
            targets: array, as `encode` returns it.
            labels: Labels.
        """

    @abstractmethod
    def describe(self, targets: "np.ndarray", names: Sequence[str]) -> str:
        """Return a description of the labels of rows, for a person."""

    def class_ids(self, targets: "np.ndarray") -> "np.ndarray | None":
        """Return the class of each row, an int array [rows]; None if rows do not have one class."""
        return None

    def counts(self, targets: "np.ndarray", labels: int) -> "np.ndarray | None":
        """Return how many rows each label has, an int array [labels]; None for numbers."""
        import numpy as np

        ids = self.class_ids(targets)
        if ids is None:
            return None
        counts = np.zeros(labels, np.int64)
        for start in range(0, len(ids), _CHUNK):  # NumPy copies each chunk to larger integers
            counts += np.bincount(ids[start : start + _CHUNK], minlength=labels)
        return counts

    @abstractmethod
    def same_for_all(self, targets: "np.ndarray", names: Sequence[str]) -> str:
        """Return the score of the best answer that is the same for all rows, for a person."""

    # What is trained.

    @abstractmethod
    def strata(self, targets: "np.ndarray") -> "np.ndarray":
        """Return the kind of each row, an int array [rows]; each set gets a share of every kind."""

    @abstractmethod
    def loss(
        self, label_smoothing: float = 0.0, label_weights: Sequence[float] | None = None
    ) -> Any:
        """Return the Keras loss that a model is trained with.

        Args:
            label_smoothing: float. 0 unless `smooths_labels`. Defaults to 0.0.
            label_weights: sequence of float, or None. How much a label counts in the rows that have
                it, if `weighs_labels`. Defaults to None: 1.
        """

    @abstractmethod
    def divergence(self) -> Any:
        """Return the Keras loss that measures how far apart two outputs of a model are, by row."""

    def fitted(self, targets: "np.ndarray") -> "Target":
        """Return the target with what it takes from the training rows, such as their scale."""
        return self

    def chosen_by(self, scores: Scores | None) -> "Target":
        """Return the target with what it takes from the best evaluation, such as thresholds.

        Args:
            scores: Scores of the first set that is evaluated; None if there is no evaluation yet.
        """
        return self

    def what_is_chosen(self, scores: Scores, names: Sequence[str], rows: str) -> str | None:
        """Return what `chosen_by` takes from scores on the set `rows`, as text for a person."""
        return None

    def at_temperature(self, temperature: float) -> "Target":
        """Return the target of a model whose logits have been divided by a temperature.

        Its predictions stay the same.
        """
        return self

    # What comes out.

    @abstractmethod
    def outputs(self, raw: "np.ndarray") -> "np.ndarray":
        """Return what a model's raw outputs mean [rows, labels]: probabilities, or numbers."""

    @abstractmethod
    def raw(self, outputs: "np.ndarray") -> "np.ndarray":
        """Return a model's raw outputs for these `outputs`, up to what does not affect them."""

    @abstractmethod
    def row_losses(self, outputs: "np.ndarray", targets: "np.ndarray") -> "np.ndarray":
        """Return the loss of each row [rows], given its `outputs`, without smoothing or weights."""

    @abstractmethod
    def scores(
        self,
        raw: "np.ndarray",
        targets: "np.ndarray",
        names: Sequence[str],
        weights: "np.ndarray | None" = None,
    ) -> Scores:
        """Return the scores of a model's outputs [rows, labels]."""

    @abstractmethod
    def prediction(self, row: "np.ndarray", names: Sequence[str]) -> AnyPrediction:
        """Return the prediction from one row of `outputs`."""

    def decided(self, outputs: "np.ndarray") -> "np.ndarray":
        """Return the decision of `outputs` for each text, one row or value: its class."""
        return outputs.argmax(axis=1)

    def differences(self, ours: "np.ndarray", theirs: "np.ndarray") -> "np.ndarray":
        """Return how far apart the `outputs` of a model and of its export are."""
        return abs(ours - theirs)

    def limits(self, labels: int) -> tuple[float, ...] | None:
        """Return the probability from which each label is predicted; None if it does not decide."""
        return None

    # What a model keeps.

    @property
    def unit(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """The scale and mean that convert a head's outputs to their own unit; None: as they are."""
        return None

    def plain_head(
        self, kernel: "np.ndarray", bias: "np.ndarray"
    ) -> tuple["np.ndarray", "np.ndarray"]:
        """Return the weights of a head that gives the model's outputs by itself.

        Args:
            kernel: float array [hidden, labels].
            bias: float array [labels].
        """
        return kernel, bias

    def to_dict(self) -> dict[str, Any]:
        """Return the target as plain data."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        values = {n: list(v) if isinstance(v, tuple) else v for n, v in own.items()}
        return {"kind": self.kind, **{n: v for n, v in values.items() if v is not None}}
