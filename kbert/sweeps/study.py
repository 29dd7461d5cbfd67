"""Optuna's study of a sweep: proposes settings, prunes trials, and shows which settings matter.

Only the process that drives the sweep writes study.db, and only from the contents of the runs'
folders. The folders are authoritative: if the database differs, it is rebuilt from them.
"""

import contextlib
import math
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbert.findings import worded
from kbert.sweeps.sweep import Setting, Sweep
from kbert.sweeps.trial import Trial
from kbert.utils.say import say

if TYPE_CHECKING:
    import optuna

DATABASE = "study.db"
_NAME = "sweep"
_MOST_RANDOM = 10  # settings before TPE has enough to go by
_TRIES = 20  # attempts to propose a setting that was not tried
_FIRST_UNPRUNED = 2  # trials: with fewer, nothing is pruned by the median
_ENOUGH_TO_RANK = 8  # trials: with fewer, the importance of settings is chance


class SweepStudy:
    """Optuna's study of a sweep.

    Args:
        folder: Path. The sweep's.
        sweep: Sweep.
        trials: sequence of Trial. The trials that have begun.
    """

    def __init__(self, folder: Path, sweep: Sweep, trials: Sequence[Trial] = ()) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._sweep = sweep
        self._distributions = {n: axis.distribution() for n, axis in sweep.axes.items()}
        self._direction = "minimize" if sweep.minimizes else "maximize"
        self._file = folder / DATABASE
        self._study = self._agreeing([self._frozen(trial) for trial in trials])
        if not self._study.get_trials(deepcopy=False):
            self._rebuild(trials)

    def begin(self, trial: Trial) -> None:
        """Add a trial that begins."""
        self._study.add_trial(self._frozen(trial))

    def report(self, trial: Trial) -> bool:
        """Add what the epochs of a running trial have reported, and return whether to prune it."""
        return any(handle.should_prune() for handle in self._reported(trial))

    def end(self, trial: Trial) -> None:
        """Add how a trial has ended."""
        self._take_reports(trial)
        frozen = self._frozen(trial)
        values = [frozen.value] if trial.state == "complete" else None
        self._study.tell(trial.number, values, state=frozen.state)

    def propose(self) -> Setting | None:
        """Return a setting that has not been tried; None if all of a grid have.

        It depends only on the sweep and its trials, so a resumed sweep tries the same settings.
        """
        import optuna

        before = self._study.get_trials(deepcopy=False)
        tried = [trial.params for trial in before]
        grid = self._sweep.grid
        if grid is not None and self._sweep.is_whole_grid:
            return next((setting for setting in grid if setting not in tried), None)
        for attempt in range(_TRIES):
            of = f"{self._sweep.config.seed} {len(before)} {attempt}"
            seed = random.Random(of).getrandbits(32)
            sampler = optuna.samplers.TPESampler(
                seed=seed,
                n_startup_trials=max(2, min(_MOST_RANDOM, self._sweep.trials // 3)),
                constant_liar=True,
            )
            study = optuna.create_study(direction=self._direction, sampler=sampler)
            study.add_trials(before)
            setting = dict(study.ask(self._distributions).params)
            if setting not in tried:
                return setting
        left = None if grid is None else [setting for setting in grid if setting not in tried]
        if left is None:
            return setting
        return random.Random(len(before)).choice(left) if left else None

    def importance(self) -> dict[str, float] | None:
        """Return the share of each setting in the differences between trials, by fANOVA.

        None if there are too few trials, or no differences.

        Source: Hutter, Hoos, Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter
        Importance", ICML 2014.
        """
        from optuna.importance import FanovaImportanceEvaluator, get_param_importances
        from optuna.trial import TrialState

        complete = self._study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
        values = {trial.value for trial in complete}
        if len(complete) < _ENOUGH_TO_RANK or len(values) < 2 or not self._distributions:
            return None
        found = get_param_importances(self._study, evaluator=FanovaImportanceEvaluator(seed=0))
        return None if any(map(math.isnan, found.values())) else dict(found)

    def _take_reports(self, trial: Trial) -> None:
        """Add the new reports of a trial, whether or not they would prune it."""
        for handle in self._reported(trial):
            handle.should_prune()  # in which hyperband also records how far the trial has come

    def _reported(self, trial: Trial) -> "Iterator[optuna.trial.Trial]":
        """Add the new reports of a trial, and yield the trial after each."""
        from optuna.trial import Trial as Handle

        stored = self._study.get_trials(deepcopy=False)[trial.number]
        handle = Handle(self._study, stored._trial_id)
        for step, value in trial.reports(self._sweep.most_epochs).items():
            if step not in stored.intermediate_values:
                handle.report(value, step)
                yield handle

    def _frozen(self, trial: Trial) -> "optuna.trial.FrozenTrial":
        """Return a trial in Optuna's form."""
        from optuna.trial import TrialState, create_trial

        states = {
            "open": TrialState.RUNNING,
            "complete": TrialState.COMPLETE,
            "pruned": TrialState.PRUNED,
            "failed": TrialState.FAIL,
        }
        reports, state = trial.reports(self._sweep.most_epochs), trial.state
        value = statistics.fmean(trial.scores().values()) if state == "complete" else None
        if state == "pruned" and reports:
            value = reports[max(reports)]
        return create_trial(
            state=states[state],
            value=value,
            params=dict(trial.setting),
            distributions=self._distributions,
            intermediate_values=reports,
        )

    def _agreeing(self, trials: "Sequence[optuna.trial.FrozenTrial]") -> "optuna.Study":
        """Return the study in the file if it agrees with the folders, else an empty one."""
        import optuna

        was_there = self._file.exists()
        if was_there:
            with contextlib.suppress(Exception):  # whatever SQLite finds in a damaged file
                study = optuna.load_study(study_name=_NAME, **self._parts())
                stored = study.get_trials(deepcopy=False)
                if len(stored) == len(trials) and all(map(_agree, stored, trials)):
                    return study
        for file in self._file.parent.glob(f"{DATABASE}*"):
            file.unlink()
        study = optuna.create_study(study_name=_NAME, direction=self._direction, **self._parts())
        if trials:
            say(
                worded(
                    "{file} differed from the runs, and was rebuilt from them."
                    if was_there
                    else "{file} was missing, and was rebuilt from the runs.",
                    file=self._file,
                )
            )
        return study

    def _rebuild(self, trials: Sequence[Trial]) -> None:
        """Add trials to an empty study as if they were trained again.

        A finished trial that is only added lacks what hyperband has recorded of it.
        """
        from optuna.trial import TrialState, create_trial

        for trial in trials:
            setting = {"params": dict(trial.setting), "distributions": self._distributions}
            self._study.add_trial(create_trial(state=TrialState.RUNNING, **setting))
            if trial.state == "open":
                self._take_reports(trial)
            else:
                self.end(trial)

    def _parts(self) -> dict[str, Any]:
        from optuna.pruners import HyperbandPruner, MedianPruner, NopPruner
        from optuna.samplers import RandomSampler
        from optuna.storages import RDBStorage

        most = self._sweep.most_epochs * self._sweep.options.seeds
        pruners: dict[str, Callable[[], Any]] = {
            "none": NopPruner,
            "median": lambda: MedianPruner(n_startup_trials=_FIRST_UNPRUNED),
            "hyperband": lambda: HyperbandPruner(min_resource=1, max_resource=most),
        }
        return {
            "storage": RDBStorage(f"sqlite:///{self._file.absolute()}"),
            "sampler": RandomSampler(),  # `propose` draws, in a study of its own
            "pruner": pruners[self._sweep.options.prune](),
        }


def _agree(stored: "optuna.trial.FrozenTrial", trial: "optuna.trial.FrozenTrial") -> bool:
    """Whether a trial of the database agrees with its folder; a running one may lack reports."""
    reports, told = trial.intermediate_values, stored.intermediate_values
    if not trial.state.is_finished():
        reports = {step: value for step, value in reports.items() if step in told}
    found = (stored.params, stored.state, stored.value, told)
    return found == (trial.params, trial.state, trial.value, reports)
