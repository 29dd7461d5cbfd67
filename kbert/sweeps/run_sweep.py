"""Run a sweep from its settings to its choice, in a folder that can be resumed."""

import secrets
from dataclasses import replace
from pathlib import Path

from kbert import __version__
from kbert.backend.machine import versions
from kbert.config import SweepOptions
from kbert.data.reading.file_patterns import run_name
from kbert.errors import InputError, MachineError
from kbert.findings import Call, Cure, Option, worded
from kbert.runs.beginning import complete_record, has_record, new_stage
from kbert.runs.run_claim import claimed_run
from kbert.runs.run_config import run_config
from kbert.runs.run_directory import RunDirectory, check_free
from kbert.runs.run_lock import run_lock
from kbert.runs.train import checked
from kbert.sweeps.choice import Choice
from kbert.sweeps.drive_sweep import SweepDriver
from kbert.sweeps.final_run import train_final
from kbert.sweeps.plan_sweep import tell_plan
from kbert.sweeps.study import SweepStudy
from kbert.sweeps.sweep import Sweep, differing
from kbert.sweeps.sweep_results import tell_results, write_results
from kbert.sweeps.trial import trials_in
from kbert.sweeps.workers.find_workers import find_workers
from kbert.sweeps.workers.workers import Workers
from kbert.utils.leaving_note import leave_note
from kbert.utils.now import now
from kbert.utils.say import say

RECORD = "sweep"
"""The entry of run.json by which the folder of a sweep is known."""


def is_sweep(run: str | Path) -> bool:
    """Return whether a path is the folder of a sweep."""
    return RECORD in RunDirectory(run).readable_record


def run_sweep(sweep: Sweep, worker: str) -> RunDirectory:
    """Run a sweep in a new folder, or continue the one in its output folder.

    Args:
        sweep: Sweep.
        worker: str. The module whose main program trains a run.

    Raises:
        KbertError: the settings or the data are wrong, or the folder holds something else.
    """
    output = sweep.config.output
    if output is not None and has_record(Path(output)):
        return _continue(RunDirectory(output), sweep, worker)
    sweep = replace(sweep, config=checked(sweep.config))
    with find_workers(sweep.options, worker) as workers:
        tell_plan(sweep)
        folder, name = Path("runs"), f"{run_name(sweep.config.data)}-sweep"
        with claimed_run(output, folder=folder, name=name) as run:
            _record(run, sweep)
            _drive(run, sweep, workers)
    return run


def resume_sweep(run: str | Path, worker: str, options: SweepOptions | None = None) -> RunDirectory:
    """Train what is left of a sweep.

    Args:
        run: str or Path. The folder of the sweep.
        worker: str. The module whose main program trains a run.
        options: SweepOptions or None. Defaults to None: the recorded options.
    """
    directory = RunDirectory(run)
    sweep = _recorded(directory)
    if options is not None:
        sweep = replace(sweep, options=options)
    with find_workers(sweep.options, worker) as workers, run_lock(directory.path):
        complete_record(directory.path)
        directory.update(**{RECORD: sweep.to_record()})
        _drive(directory, sweep, workers)
    return directory


def _continue(run: RunDirectory, sweep: Sweep, worker: str) -> RunDirectory:
    if not is_sweep(run.path):
        check_free(run.path)  # raises an error: it is not free
    recorded = _recorded(run)
    found = next(differing(recorded, sweep), None)
    if found is not None:
        raise InputError(
            "{run} is a sweep of other settings: {option} differs.",
            run=run,
            option=Option(found),
            cure=Cure(
                note="name a new folder with {output}, or resume what is there: {call}",
                values={"output": Option("output"), "call": Call("resume", run)},
            ),
        )
    return resume_sweep(run.path, worker, sweep.options)


def _recorded(run: RunDirectory) -> Sweep:
    return Sweep.from_record(run_config(run), run.record[RECORD])


def _record(run: RunDirectory, sweep: Sweep) -> None:
    """Write the sweep's record before its first run: completely, or not at all."""
    staged = RunDirectory(new_stage(run.path))
    staged.write_config(replace(sweep.config, output=str(run)).to_toml())
    staged.update(
        id=secrets.token_hex(8),
        status="running",
        started=now(),
        started_in=str(Path.cwd()),
        versions={"kbert": __version__, **versions()},
        **{RECORD: sweep.to_record()},
    )
    complete_record(run.path)


def _drive(run: RunDirectory, sweep: Sweep, workers: Workers) -> None:
    """Train the remaining runs, print the results, and train the final run."""
    trials = trials_in(run.path, sweep.seeds)
    run.update(status="running")
    left = worded("{resume} continues.", resume=Call("resume", run))
    try:
        study = SweepStudy(run.path, sweep, trials)
        driver = SweepDriver(run.path, sweep, trials, study, workers)
        is_complete = driver.train_all()
        choice = Choice.of(trials, sweep)
        write_results(run, sweep, trials, study, choice)
        tell_results(run, sweep, trials, study, choice)
        if is_complete and choice is None:
            raise MachineError(
                "All settings have failed; the first: {reason}", reason=trials[0].end["reason"]
            )
        if is_complete and choice is not None and sweep.options.retrain:
            is_complete = train_final(run, sweep, choice, driver)
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt)
        run.try_to_update(status="stopped" if stopped else "failed", ended=now())
        if stopped:
            leave_note(error, left)
        raise
    if not is_complete:
        say(worded("\nThe budget is used up. {left}", left=left))
    run.update(status="finished" if is_complete else "stopped", ended=now())
