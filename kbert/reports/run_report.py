"""What a report tells of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kbert.interop.pretraining_run import PRETRAINING
from kbert.plans.training_plan import TrainingPlan
from kbert.reports.training_log import TrainingLog
from kbert.results.baselines import Baselines
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.prediction_table import PredictionTable
from kbert.results.scores import Scores
from kbert.targets.target import Target


@dataclass(frozen=True)
class RunReport:
    """What a report tells of a run.

    Args:
        name: str. What to call the run.
        record: dict. Its run.json.
        settings: str. Its config.toml.
        plan: TrainingPlan or None.
        log: TrainingLog. The steps that were trained.
        history: EvaluationHistory. Its evaluations.
        target: Target. What a label is.
        baselines: Baselines or None. What fine-tuning has to beat.
        predictions: PredictionTable or None. What its best model predicts for the rows of the set
            by which it was chosen.
        texts: sequence of str, or None. The texts of these rows.
        pairs: sequence of str, or None. Their second texts.
        notes: tuple of str. What the page lacks, and why. Defaults to ().
        out_of_fold: Scores or None. Those of all rows of a cross-validation, each predicted by the
            model of the fold that was not trained on it. Defaults to None: this is one run.
        folds: tuple of EvaluationRecord. The best evaluation of each fold. Defaults to ().
    """

    name: str
    record: Mapping[str, Any]
    settings: str
    plan: TrainingPlan | None
    log: TrainingLog
    history: EvaluationHistory
    target: Target
    baselines: Baselines | None
    predictions: PredictionTable | None
    texts: Sequence[str] | None
    pairs: Sequence[str] | None = None
    notes: tuple[str, ...] = ()
    out_of_fold: Scores | None = None
    folds: tuple[EvaluationRecord, ...] = ()

    @property
    def is_pretraining(self) -> bool:
        """Whether the run predicted masked tokens, so that its model labels nothing yet."""
        return self.record.get("kind") == PRETRAINING

    @property
    def scores(self) -> Scores | None:
        """The scores of the rows of `predictions`; None where nothing was evaluated."""
        best = self.history.best
        return self.out_of_fold or (None if best is None else best.first)

    @property
    def score(self) -> str:
        """The name of the score by which the run is judged."""
        if self.history.monitor is None and self.out_of_fold is not None:
            return self.out_of_fold.monitors[0]
        return self.history.score
