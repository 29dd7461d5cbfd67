"""Train a prepared run: evaluate, keep the best model, and leave checkpoints."""

import math
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from kbert.backend import processes
from kbert.backend.compilation_cache import compilations
from kbert.backend.devices import leave_devices
from kbert.backend.out_of_memory import says_out_of_memory
from kbert.backend.peak_memory import peak_memory
from kbert.config import TrainConfig
from kbert.errors import KbertError, MachineError
from kbert.findings import Cure, Finding, Option, findings_table, worded
from kbert.results.below_baseline import below_baseline_finding
from kbert.runs.average_of_best import average_of_best
from kbert.runs.best_model import has_model, with_choices, write_best
from kbert.runs.build_model import change_values
from kbert.runs.calibrate_run import calibrate_run
from kbert.runs.given_callbacks import GivenCallbacks, naming_callbacks
from kbert.runs.prepare import PreparedRun
from kbert.runs.report_of_run import try_to_write_report
from kbert.runs.resumption import Resumption
from kbert.runs.run_baselines import read_baselines, run_baselines
from kbert.runs.run_callbacks import RunCallbacks
from kbert.runs.run_directory import RunDirectory
from kbert.runs.run_predictions import best_logits, write_predictions
from kbert.runs.run_trackers import RunTrackers
from kbert.runs.shared_run import FollowedRun
from kbert.runs.stop_signals import stop_signals
from kbert.runs.task_predictions import write_test_results
from kbert.runs.training_batches import training_batches
from kbert.runs.what_is_left import what_is_left
from kbert.utils.lasting_stream import noting_lost_output
from kbert.utils.leaving_note import leave_note
from kbert.utils.say import say
from kbert.utils.wording import count_noun, duration

if TYPE_CHECKING:
    from kbert.callbacks.epoch_evaluation import EpochEvaluation
    from kbert.data.batches import Batches


def fit_run(
    prepared: PreparedRun,
    model: Any,
    run: RunDirectory,
    resumption: Resumption | None = None,
    *,
    begin: Callable[[], object] | None = None,
    given: GivenCallbacks | None = None,
) -> None:
    """Train a compiled model, and leave the best one and checkpoints in the run.

    Args:
        prepared: PreparedRun.
        model: BertClassifier, compiled with the plan's optimizer.
        run: RunDirectory.
        resumption: Resumption or None. What the run resumes from. Defaults to None: it starts.
        begin: function that takes the run's files to where it resumes; called when all is checked
            and restored, and the first to change anything. Defaults to None: the run is new.
        given: GivenCallbacks or None. The user's own, after the evaluation. Defaults to None.
    """
    batches = training_batches(prepared, model)
    batches.order_version = run.order_version
    config = prepared.config
    if isinstance(run, FollowedRun):  # the process that writes the run reports it
        config = replace(config, report_to=None)
    trackers = RunTrackers(run, config)
    own = [] if given is None else given.take()
    callbacks = RunCallbacks.create(prepared, model, run, resumption, begin, trackers, own)
    with (
        ExitStack() as devices,
        noting_lost_output(partial(_note_lost_output, run)),
        trackers.until_the_end(),
    ):
        if config.devices is not None:
            devices.callback(leave_devices)  # also where the training fails
        with naming_callbacks(own, partial(what_is_left, run)):
            _fit(model, batches, callbacks, prepared, run, resumption)
        try:
            if not isinstance(run, FollowedRun):
                _keep_model(model, run, callbacks)
            if prepared.config.average_best and callbacks.evaluation is not None:
                average_of_best(
                    run,
                    model,
                    callbacks.evaluation,
                    callbacks.checkpoint,
                    prepared.config.average_best,
                )
            logits = _best_logits(model, run, callbacks)
            devices.close()  # what follows the process that writes computes, with models anew
            if isinstance(run, FollowedRun):
                return
            _finish(prepared, model, run, callbacks, logits)
        except KeyboardInterrupt as stop:
            leave_note(stop, what_is_left(run))
            raise


def _note_lost_output(run: RunDirectory, stream: str, reason: str) -> None:
    """Record that a stream cannot be written to: the run continues, and its log does not."""
    with suppress(KbertError):
        run.try_to_update(output_lost={**run.record.get("output_lost", {}), stream: reason})


def _fit(
    model: Any,
    batches: "Batches",
    callbacks: RunCallbacks,
    prepared: PreparedRun,
    run: RunDirectory,
    resumption: Resumption | None,
) -> None:
    """Train, and record how long it took; record a failure and raise it as its cause."""
    started = time.monotonic()
    try:
        if resumption is None:
            run_baselines(prepared, model, run)
            change_values(prepared.config, model, batches)
            started = time.monotonic()
        agreed = callbacks.checkpoint.agreed
        with stop_signals(callbacks.checkpoint.stop, callbacks.checkpoint.will_save):
            try:
                if agreed is not None:
                    agreed.watch()
                model.fit(
                    batches,
                    epochs=prepared.plan.epochs,
                    verbose=0,
                    callbacks=callbacks.in_order,
                )
            except KeyboardInterrupt:
                callbacks.progress.close()
                callbacks.checkpoint.save_interrupted()
                if agreed is not None and agreed.is_agreed:
                    processes.barrier("saved")  # a process that has ended would end the others
                raise
    except BaseException as error:
        callbacks.progress.close()
        callbacks.logger.close()
        stopped = isinstance(error, KeyboardInterrupt)
        begun = callbacks.is_new or callbacks.checkpoint.has_begun
        if begun:  # else the run is as it was
            status = "stopped" if stopped else "failed"
            run.try_to_update(status=status, ended=now(), **seconds_trained(run, started))
        if says_out_of_memory(error):
            if not begun:
                raise MemoryError from error
            raise too_large(prepared.config, batches) from error
        if not stopped and batches.failure not in (None, error):
            batches.failure.add_note(what_is_left(run))
            raise batches.failure from error
        error.add_note(what_is_left(run))
        raise
    run.update(**seconds_trained(run, started))


def seconds_trained(run: RunDirectory, started: float) -> dict[str, float]:
    """Return how long the run has trained, in all its processes that could record it."""
    before = run.readable_record.get("training_seconds", 0.0)
    return {"training_seconds": round(before + time.monotonic() - started, 1)}


def _keep_model(model: Any, run: RunDirectory, callbacks: RunCallbacks) -> None:
    """Leave the run's model: without an evaluation the last, else the best, which it has."""
    evaluation = callbacks.evaluation
    if evaluation is None:
        model.save_to(run.model_folder)
    elif not has_model(run) and (kept := callbacks.checkpoint.store.best()) is not None:
        # Someone has removed it meanwhile.
        write_best(run, with_choices(model.get_config(), evaluation.history), kept)


def _best_logits(model: Any, run: RunDirectory, callbacks: RunCallbacks) -> dict[str, Any]:
    """Return what the best model gives for each set, which all processes compute."""
    evaluation = callbacks.evaluation
    if evaluation is None or evaluation.history.best is None:
        return {}
    processes.barrier("trained")  # the best model is written
    logits = best_logits(run, model, evaluation)
    processes.barrier("predicted")
    return logits


def _finish(
    prepared: PreparedRun,
    model: Any,
    run: RunDirectory,
    callbacks: RunCallbacks,
    logits: dict[str, Any],
) -> None:
    """Leave the results of a run, record its end as the last of all, and print its best scores."""
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
        if best.batch is None and not best.average_of:
            say(worded("The best epoch, which the run keeps: {epoch}", epoch=best.epoch))
        else:
            say(worded("The best evaluation, which the run keeps: {when}", when=best.when))
        for name, scores in best.scores.items():
            say(worded("{name}: {scores}", name=name, scores=scores))
        chosen = model.target.what_is_chosen(
            best.first, model.labels.names, next(iter(best.scores))
        )
        if chosen is not None:
            say(chosen)
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


def _found_at_the_end(
    evaluation: "EpochEvaluation | None", prepared: PreparedRun, run: RunDirectory
) -> list[Finding]:
    """Compare the best scores with the baselines, and return all that is found in them."""
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


def now() -> str:
    """Return the time in the form of ISO 8601."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def too_large(config: TrainConfig, batches: Any) -> MachineError:
    """Return the error for a step that does not fit, with smaller batches for the same updates."""
    assert config.batch_size != "auto", "chosen before the first step"
    size = config.batch_size
    rows, width = max(map(batches.shape, batches.sample()), key=math.prod)
    cures = []
    if size > 1:
        smaller = {
            "batch_size": size // 2,
            "gradient_accumulation_steps": config.gradient_accumulation_steps * 2,
        }
        cures.append(Cure(smaller, note="which performs about the same updates"))
    if config.windows is not None and config.max_windows > 1:
        cures.append(Cure({"max_windows": config.max_windows // 2}))
    elif config.max_length > 16:
        cures.append(Cure({"max_length": config.max_length // 2}))
    cures.append(Cure(note="a smaller {option}", values={"option": Option("preset")}))
    return MachineError(
        "Out of memory: a training step of {rows} x {tokens} does not fit.",
        rows=count_noun(rows, "row"),
        tokens=count_noun(width, "token"),
        cure=replace(cures[0], otherwise=tuple(cures[1:])),
    )
