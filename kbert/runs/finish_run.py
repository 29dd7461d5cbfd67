"""The results that a run writes when it has been trained."""

from typing import TYPE_CHECKING, Any

from kbert.backend.compilation_cache import compilations
from kbert.backend.peak_memory import peak_memory
from kbert.config import TrainConfig
from kbert.findings import Finding, findings_table, worded
from kbert.results.below_baseline import below_baseline_finding
from kbert.results.evaluation_record import EvaluationRecord
from kbert.runs.best_model import with_choices
from kbert.runs.calibrate_run import calibrate_run
from kbert.runs.prepare import PreparedRun
from kbert.runs.report_of_run import try_to_write_report
from kbert.runs.run_baselines import read_baselines
from kbert.runs.run_callbacks import RunCallbacks
from kbert.runs.run_directory import RunDirectory
from kbert.runs.run_predictions import write_predictions
from kbert.runs.task_predictions import write_test_results
from kbert.utils.now import now
from kbert.utils.say import say
from kbert.utils.wording import duration

if TYPE_CHECKING:
    from kbert.callbacks.epoch_evaluation import EpochEvaluation


def finish_run(
    prepared: PreparedRun,
    model: Any,
    run: RunDirectory,
    callbacks: RunCallbacks,
    logits: dict[str, Any],
) -> None:
    """Write and print the results of a run that has been trained, and record its end last.

    Args:
        prepared: PreparedRun.
        model: BertClassifier.
        run: RunDirectory.
        callbacks: RunCallbacks. The callbacks of the `fit`.
        logits: dict of arrays by set. The best model's logits for their rows.
    """
    evaluation = callbacks.evaluation
    say(worded("Trained in {duration}.", duration=duration(run.record["training_seconds"])))
    compiled = compilations()
    if compiled:
        say(
            worded("JAX compiled {compiled} programs and found {found} in its cache.", **compiled),
            2,
        )
    best = None if evaluation is None else evaluation.history.best
    of_calibration: list[Finding] = []
    if evaluation is not None and best is not None:
        _say_best(model, best)
        if prepared.config.calibrate:
            settings = with_choices(model.get_config(), evaluation.history)
            logits, of_calibration = calibrate_run(run, settings, prepared.sets, logits)
        outputs = {of: model.target.outputs(rows) for of, rows in logits.items()}
        write_predictions(run, prepared.sets, model.target, outputs)
    at_end = [*_found_at_the_end(evaluation, prepared, run), *of_calibration]
    if prepared.unlabelled is not None:
        path = write_test_results(run, prepared.unlabelled)
        say(
            worded(
                "The predictions of the test set, as run_classifier.py writes them: {path}",
                path=path,
            )
        )
    by_code = {finding.get("code"): finding for finding in run.record.get("findings", [])}
    by_code |= {finding["code"]: finding for finding in callbacks.checkpoint.hooks.findings()}
    by_code |= {finding.code: finding.to_record() for finding in at_end}
    end: dict[str, Any] = dict(
        **_peak_memory(prepared.config, run),
        **({"compilations": compiled} if compiled else {}),
        findings=list(by_code.values()),
        status="finished",
        ended=now(),
        **({} if best is None else {"best_epoch": best.epoch}),
    )
    if prepared.config.report:
        try_to_write_report(run, prepared.sets, end)
    run.update(**end)  # last: a finished run has all its results


def _say_best(model: Any, best: EvaluationRecord) -> None:
    """Print the scores of the evaluation that the run keeps, and what was chosen by it."""
    if best.batch is None and not best.average_of:
        say(worded("The best epoch, which the run keeps: {epoch}", epoch=best.epoch))
    else:
        say(worded("The best evaluation, which the run keeps: {when}", when=best.when))
    for name, scores in best.scores.items():
        say(worded("{name}: {scores}", name=name, scores=scores))
    chosen = model.target.what_is_chosen(best.first, model.labels.names, next(iter(best.scores)))
    if chosen is not None:
        say(chosen)


def _found_at_the_end(
    evaluation: "EpochEvaluation | None", prepared: PreparedRun, run: RunDirectory
) -> list[Finding]:
    """Compare the best scores with the baselines, and return all findings about them."""
    if evaluation is None:
        return []
    baselines, history = read_baselines(prepared, run), evaluation.history
    if baselines is None or history.best is None:
        return evaluation.findings
    say(baselines.compared(history.score))
    finding = below_baseline_finding(history.best, baselines, history.score)
    if finding is None:
        return evaluation.findings
    say(findings_table([finding]))
    return [*evaluation.findings, finding]


def _peak_memory(config: TrainConfig, run: RunDirectory) -> dict[str, float]:
    """Return the most memory that any of the run's processes has held, in MB."""
    assert config.backend is not None
    found = {f"peak_{kind}_mb": size for kind, size in peak_memory(config.backend).items()}
    return {name: max(round(size / 1e6), run.record.get(name, 0)) for name, size in found.items()}
