"""Whether fine-tuning has beaten the baselines."""

from kbert.findings import Cure, Finding, Option
from kbert.results.baselines import Baselines
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.scores import is_better_lower, score_name

CODE = "below-baseline"


def below_baseline_finding(
    record: EvaluationRecord, baselines: Baselines, monitor: str
) -> Finding | None:
    """Return the finding that a fine-tuned model is worse than a linear one.

    A linear model that was scored on a sample of the set must be better by more than chance may
    have added; see `Baselines.to_beat`.

    Args:
        record: EvaluationRecord. The best evaluation.
        baselines: Baselines.
        monitor: str. The score that chooses the best evaluation.
    """
    best = baselines.best(monitor)
    if best is None or baselines.name not in record.scores:
        return None
    scores = record.scores[baselines.name]
    own, limit = float(getattr(scores, monitor)), baselines.to_beat(best, monitor)
    if own <= limit if is_better_lower(monitor) else own >= limit:
        return None
    rmse = getattr(scores, "rmse", None)  # of numbers; a model may rank worse and err less
    errs = rmse is not None and rmse < best.score("rmse")
    return Finding(
        CODE,
        "warning",
        "Fine-tuning is worse than a linear model: at its best, in {when}, its {score} on {name} "
        "is {own:.4f}, and that of the linear model on "
        + ("TF-IDF" if best.name == "tfidf" else "the frozen encoder's output")
        + " {other:.4f}."
        + (
            " Its RMSE is lower all the same: {rmse:.4f}, against {other_rmse:.4f}." if errs else ""
        ),
        Cure(
            note="more {epochs}, a {rate} of 2e-5 to 5e-5, or a {preset} that was trained on such "
            "texts; if that does not help, the linear model is the better choice",
            values={
                "epochs": Option("epochs"),
                "rate": Option("learning_rate"),
                "preset": Option("preset"),
            },
        ),
        {
            "when": record.when,
            "score": score_name(monitor),
            "name": baselines.name,
            "own": own,
            "other": best.score(monitor),
            **({"rmse": rmse, "other_rmse": best.score("rmse")} if errs else {}),
        },
    )
