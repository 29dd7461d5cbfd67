"""Hand-made reports of runs."""

import numpy as np

from kbert.plans.training_plan import TrainingPlan
from kbert.reports.run_report import RunReport
from kbert.reports.training_log import TrainingLog
from kbert.results.baseline import Baseline
from kbert.results.baselines import Baselines
from kbert.results.evaluation import Evaluation
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.prediction_table import PredictionTable
from kbert.targets.single import Single


def report_of(rows=40, names=("bad", "good"), name="films", **changes):
    """Return a report on rows of these classes, about a fifth of them predicted wrongly."""
    random = np.random.default_rng(0)
    true = np.arange(rows) % len(names)
    logits = random.normal(0, 1, (rows, len(names))).astype(np.float32)
    logits[np.arange(rows), true] += 2
    outputs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    scores = Evaluation.from_logits(logits, true, names)
    plan = TrainingPlan(examples=100, batch_size=10, epochs=2, learning_rate=1e-3)
    history = EvaluationHistory()
    worse = Evaluation.from_logits(-logits, true, names)
    for epoch, found in ((1, worse), (2, scores)):
        history.add(EvaluationRecord(epoch, 10 * epoch, {"dev": found}))
    values = {
        "name": name,
        "record": {
            "status": "finished",
            "ended": "2026-01-02T03:04:05+0000",
            "backend": "torch",
            "versions": {"kbert": "0.1.0", "jax": None},
            "labels": list(names),
            "data": {"dev": {"source": "films.csv", "rows": rows, "skipped": 0}},
            "findings": [
                {"code": "imbalance", "severity": "warning", "message": "Rare.", "cure": "Add some"}
            ],
        },
        "settings": 'data = "films.csv"\n',
        "plan": plan,
        "log": TrainingLog(
            np.arange(20.0),
            plan.learning_rate_at(np.arange(20)),
            np.linspace(1, 0.2, 20),
            np.geomspace(30, 1, 20),
            np.where(np.arange(20) < 3, 0.001, np.nan),
        ),
        "history": history,
        "target": Single(),
        "baselines": Baselines(
            "dev",
            100,
            rows,
            (Baseline("constant", 100, worse, 0.0), Baseline("tfidf", 100, worse, 0.1)),
        ),
        "predictions": PredictionTable(
            tuple(names), {"row": list(range(1, rows + 1))}, true, outputs.astype(np.float32)
        ),
        "texts": [f"Text {at}" for at in range(rows)],
    }
    return RunReport(**{**values, **changes})
