"""What a report shows about a run."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from kbert.findings import Message, worded
from kbert.interop.pretraining_run import PRETRAINING
from kbert.plans.training_plan import TrainingPlan
from kbert.reports.sampled_scores import sampled_scores
from kbert.reports.told_finding import ToldFinding
from kbert.reports.training_log import TrainingLog
from kbert.results.baselines import Baselines
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.length_histogram import LengthHistogram
from kbert.results.prediction_table import PredictionTable
from kbert.results.scores import Scores
from kbert.targets.target import Target

if TYPE_CHECKING:
    import numpy as np

_STATUSES = {
    "running": Message("running"),
    "stopped": Message("stopped"),
    "finished": Message("finished"),
    "unknown": Message("unknown"),
}


@dataclass(frozen=True)
class RunReport:
    """What a report shows about a run.

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
        out_of_fold: Scores or None. The scores of all rows of a cross-validation, each row
            predicted by the fold's model that was not trained on it. Defaults to None: this is one
            run.
        folds: tuple of EvaluationRecord. The best evaluation of each fold. Defaults to ().
        lengths: dict of LengthHistogram by set. How long the texts are. Defaults to {}.
        path: str. The path of the run, for commands. Defaults to "RUN".
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
    lengths: Mapping[str, LengthHistogram] = field(default_factory=dict)
    path: str = "RUN"

    @property
    def told_plan(self) -> str:
        """The plan, without findings, under the name of the recipe that it was made from."""
        assert self.plan is not None
        return self.plan.describe([], self._setting("recipe"))

    @property
    def model_path(self) -> str:
        """The path of what predicts: the run, or the first fold of a cross-validation."""
        return str(PurePath(self.path, "fold-1")) if self.folds else self.path

    @property
    def is_pretraining(self) -> bool:
        """Whether the run predicted masked tokens, so that its model labels nothing yet."""
        return self.record.get("kind") == PRETRAINING

    @property
    def ancestors(self) -> list[Mapping[str, Any]]:
        """The runs from which this one continues, the last first, as run.json records them."""
        found = []
        parent = self.record.get("parent")
        while isinstance(parent, Mapping):
            found.append(parent)
            parent = parent.get("parent")
        return found

    @property
    def preset(self) -> str | None:
        """The preset whose weights the first run of the lineage started from, if it is recorded."""
        return self._setting("preset")

    def _setting(self, name: str) -> Any:
        """Return a setting of the run; None where it is not recorded."""
        try:
            return tomllib.loads(self.settings).get(name)
        except tomllib.TOMLDecodeError:
            return None

    @property
    def status(self) -> str:
        """How far the run has come, in the words of the surface."""
        status = self.record.get("status", "unknown")
        return str(_STATUSES.get(status, status))

    @property
    def findings(self) -> list[ToldFinding]:
        """What was found, in the words of the surface."""
        return [ToldFinding.of(one) for one in self.record.get("findings", ())]

    @property
    def lineage(self) -> list[str]:
        """Where the weights come from, the earliest source first, in the words of the surface."""
        told = [_told_of(one) for one in reversed(self.ancestors)]
        if self.preset and not told:
            told = [worded("the preset {preset}", preset=self.preset)]
        return [*told, worded("this run")]

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

    @cached_property
    def sampled_scores(self) -> "np.ndarray | None":
        """`score` on samples of the rows of `predictions`; see the function of this name."""
        return sampled_scores(self.predictions, self.target, self.score)


def _told_of(run: Mapping[str, Any]) -> str:
    """Return what is known of a run from which another continues."""
    parts = [worded("the run {run}", run=run.get("run"))]
    if run.get("epochs"):
        counts = {"epochs": run["epochs"], "updates": run.get("updates")}
        parts.append(worded("{epochs} epochs, {updates} updates", **counts))
    if run.get("best_epoch"):
        parts.append(worded("the model of epoch {epoch}", epoch=run["best_epoch"]))
    return worded("; ").join(parts)
