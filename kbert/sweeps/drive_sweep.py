"""Train all runs of a sweep, as many at a time as there is room for."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kbert.errors import InputError, MachineError
from kbert.findings import worded
from kbert.sweeps.pace import Pace
from kbert.sweeps.study import SweepStudy
from kbert.sweeps.sweep import Sweep
from kbert.sweeps.told_trials import tell_trial
from kbert.sweeps.trial import EarlyEnd, Trial
from kbert.sweeps.workers.workers import Job, Outcome, Work, Workers
from kbert.utils.files import write_text
from kbert.utils.wording import count_noun

_POLL = 0.2  # seconds
_MOST_STARTS = 3  # of a run whose process is killed each time
_LAST_WORDS = 300.0  # seconds in which runs that were asked to stop can save a checkpoint


@dataclass
class _Running:
    """A run of a trial that is being trained."""

    trial: Trial
    seed: int
    work: Work
    started: float
    is_stopped: bool = False


class SweepDriver:
    """Trains the runs of a sweep, and gives up trials that lag behind.

    It reads its whole state from the folders of the runs, so it can be killed at any moment.

    Args:
        folder: Path. The folder of the sweep.
        sweep: Sweep.
        trials: list of Trial. The trials that have begun.
        study: SweepStudy, which agrees with the trials.
        workers: Workers. What trains the runs.
        poll: float. Seconds between two checks of the running processes. Defaults to 0.2.
    """

    def __init__(
        self,
        folder: Path,
        sweep: Sweep,
        trials: list[Trial],
        study: SweepStudy,
        workers: Workers,
        poll: float = _POLL,
    ) -> None:
        self._folder, self._sweep, self._study = folder, sweep, study
        self._trials, self._workers, self._poll = trials, workers, poll
        self._running: list[_Running] = []
        self._starts: dict[tuple[int, int], int] = {}
        self._pace = Pace(sweep, workers, trials)
        self._told: set[int] = set()
        self._has_told_pace = False

    def train_all(self) -> bool:
        """Train the remaining runs, and return whether all are done; the budget may end first.

        Raises:
            MachineError: nothing can be trained on this machine any more.
            KeyboardInterrupt: a signal has stopped it; the runs have saved checkpoints.
        """
        try:
            while True:
                self._collect()
                self._fill()
                if not self._running:
                    return self._is_complete()
                if self._pace.is_over():
                    self._stop(self._running)
                time.sleep(self._poll)
        except BaseException:
            self._stop(self._running)
            self._wait()
            raise

    def train_one(self, run: Path, write_config: Callable[[Path], object]) -> Outcome | None:
        """Train a run outside any trial, and return how it ended; None if the budget is over."""
        if self._pace.is_over(next_run=True):
            return None
        config = run.with_name(f".{run.name}.toml")
        write_config(config)
        job = Job(
            config=config,
            run=run,
            log=run.with_name(f"{run.name}.log"),
            outcome=run.with_name(f".{run.name}.json"),
            threads=self._workers.threads(1),
        )
        work = self._workers.start(job)
        try:
            while (outcome := work.poll()) is None:
                time.sleep(self._poll)
        except BaseException:
            work.stop()
            _wait_for(work)
            raise
        return outcome

    def _fill(self) -> None:
        """Start runs while there is room and time."""
        while len(self._running) < self._pace.jobs:
            if self._pace.is_over(next_run=True):
                return
            found = self._next()
            if found is None:
                return
            self._pace.check_room(self._folder, len(self._running))
            self._start(*found)

    def _next(self) -> tuple[Trial, int] | None:
        """Return the trial and the seed of a run that can be started; None if there is none.

        With pruning, the seeds of a trial are trained in order, because its reports depend on it.
        """
        in_order = self._sweep.options.prune != "none"
        running = {(each.trial.number, each.seed) for each in self._running}
        for trial in self._trials:
            if trial.state != "open" or (in_order and any(n == trial.number for n, _ in running)):
                continue
            for seed in trial.seeds:
                if (trial.number, seed) not in running and not trial.is_trained(seed):
                    return trial, seed
        return self._new_trial()

    def _is_complete(self) -> bool:
        is_begun = len(self._trials) >= self._sweep.trials
        return is_begun and all(trial.state != "open" for trial in self._trials)

    def _new_trial(self) -> tuple[Trial, int] | None:
        if len(self._trials) >= self._sweep.trials:
            return None
        setting = self._study.propose()
        if setting is None:
            return None
        number = len(self._trials)
        path = self._folder / f"trial-{number + 1}"
        trial = Trial.begin(path, number, self._sweep.seeds, setting)
        self._trials.append(trial)
        self._study.begin(trial)
        return trial, trial.seeds[0]

    def _start(self, trial: Trial, seed: int) -> None:
        run, name = trial.run(seed).path, f"seed-{seed}"
        job = Job(
            config=trial.path / f".{name}.toml",
            run=run,
            log=trial.log(seed),
            outcome=trial.path / f".{name}.json",
            threads=self._workers.threads(self._pace.jobs),
        )
        try:
            config = self._sweep.run_config(trial.setting, seed, run)
        except InputError as error:  # values that contradict each other
            self._end_early(trial, "failed", str(error))
            return
        write_text(job.config, config.to_toml())
        key = (trial.number, seed)
        self._starts[key] = self._starts.get(key, 0) + 1
        self._running.append(_Running(trial, seed, self._workers.start(job), time.monotonic()))

    def _collect(self) -> None:
        """Check what the running processes have reported, and which have ended."""
        if self._sweep.options.prune != "none":
            for each in self._running:
                if not each.is_stopped and self._study.report(each.trial):
                    self._prune(each)
        for each, outcome in self._ended():
            self._end(each, outcome)

    def _prune(self, each: _Running) -> None:
        trial = each.trial
        step = max(trial.reports(self._sweep.most_epochs))
        if step == self._sweep.most_epochs * len(trial.seeds):
            return  # all epochs are trained
        reason = worded("after {epochs}", epochs=count_noun(step, "epoch"))
        self._end_early(trial, "pruned", reason, step)

    def _ended(self) -> Iterator[tuple[_Running, Outcome]]:
        for each in list(self._running):
            outcome = each.work.poll()
            if outcome is not None:
                self._running.remove(each)
                yield each, outcome

    def _end(self, each: _Running, outcome: Outcome) -> None:
        """Record how a run has ended, and its trial if that has ended with it."""
        trial, run = each.trial, each.trial.run(each.seed)
        is_over = trial.state in ("pruned", "failed")
        if outcome.ending == "machine":
            raise MachineError("{reason}", reason=outcome.reason)
        if outcome.ending == "finished":
            self._pace.add(run, time.monotonic() - each.started)
            shutil.rmtree(run.checkpoints, ignore_errors=True)  # nothing is left to resume
            # If two runs end at the same time, the first reports the trial.
            if trial.number not in self._told and trial.state == "complete":
                self._tell(trial)
            self._tell_pace()
        elif is_over:
            shutil.rmtree(run.checkpoints, ignore_errors=True)
        elif outcome.ending in ("refused", "crashed"):
            self._end_early(trial, "failed", outcome.reason)
        elif not each.is_stopped and self._starts[trial.number, each.seed] >= _MOST_STARTS:
            reason = worded(
                "its process was killed {times} times from outside ({reason}), as Linux does "
                "when memory is full",
                times=_MOST_STARTS,
                reason=outcome.reason or outcome.ending,
            )
            self._end_early(trial, "failed", reason)

    def _end_early(
        self, trial: Trial, state: EarlyEnd, reason: str, step: int | None = None
    ) -> None:
        """Give up a trial, with all its runs."""
        trial.end_early(state, reason, step)
        self._stop([each for each in self._running if each.trial is trial])
        self._tell(trial)

    def _tell(self, trial: Trial) -> None:
        self._told.add(trial.number)
        self._study.end(trial)
        tell_trial(trial, self._sweep)

    def _tell_pace(self) -> None:
        """Print once, after the first run, how long the others will take."""
        if self._has_told_pace:
            return
        self._has_told_pace = True
        left = sum(
            len(trial.seeds) - len(trial.scores())
            for trial in self._trials
            if trial.state == "open"
        )
        left += (self._sweep.trials - len(self._trials)) * len(self._sweep.seeds)
        self._pace.tell(left)

    def _stop(self, running: list[_Running]) -> None:
        for each in running:
            if not each.is_stopped:
                each.is_stopped = True
                each.work.stop()

    def _wait(self) -> None:
        """Wait until the runs told to stop have ended; a second signal ends them at once."""
        try:
            for each in self._running:
                _wait_for(each.work)
        except KeyboardInterrupt:
            for each in self._running:
                each.work.stop()
            raise


def _wait_for(work: Work) -> None:
    until = time.monotonic() + _LAST_WORDS
    while work.poll() is None and time.monotonic() < until:
        time.sleep(0.1)
