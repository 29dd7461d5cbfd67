"""The final run of a sweep: the best setting, trained once more."""

from pathlib import Path

from kbert.errors import MachineError
from kbert.findings import worded
from kbert.runs.run_directory import RunDirectory
from kbert.sweeps.choice import Choice
from kbert.sweeps.drive_sweep import SweepDriver
from kbert.sweeps.sweep import Sweep
from kbert.sweeps.told_trials import mean_and_deviation, setting_of
from kbert.sweeps.trial import score_of
from kbert.utils.files import write_text
from kbert.utils.say import say

FINAL = "final"


def train_final(run: RunDirectory, sweep: Sweep, choice: Choice, driver: SweepDriver) -> bool:
    """Train the best setting with a seed that no trial has used, and return whether it is trained.

    The best of several seeds is partly best by luck, and its score is higher than it will be on
    other rows. A new seed was not selected, so its score is a fair estimate.
    """
    final = RunDirectory(run.path / FINAL)
    if final.readable_record.get("status") != "finished":
        say(
            worded(
                "\nTraining {setting} once more, with the seed {seed}.",
                setting=setting_of(choice.best),
                seed=sweep.seeds.stop,
            )
        )
        config = sweep.final_config(choice.best.setting, final.path)

        def write_config(file: Path) -> None:
            write_text(file, config.to_toml())

        outcome = driver.train_one(final.path, write_config)
        if outcome is None:
            return False
        if outcome.ending != "finished":
            raise MachineError(
                "The final run has not finished: {reason}", reason=outcome.reason or outcome.ending
            )
    score = score_of(final)
    mean, deviation = mean_and_deviation(list(choice.best.scores().values()))
    say(
        worded(
            "{final}: {score:.4f}. The mean of the other seeds is {mean}.",
            final=final,
            score=float("nan") if score is None else score,
            mean=f"{mean:.4f}" + ("" if deviation is None else f" ± {deviation:.4f}"),
        )
    )
    return True
