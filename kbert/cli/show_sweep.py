"""Where a sweep is, and what to type next."""

from kbert.findings import Call, worded
from kbert.runs.run_directory import RunDirectory
from kbert.sweeps.final_run import FINAL
from kbert.sweeps.sweep_results import RESULTS
from kbert.utils.say import say


def show_sweep(run: RunDirectory) -> None:
    """Print where the results of a sweep are, and the command that uses its final model."""
    say(worded("\nThe sweep is in {run}:", run=run))
    say(worded("  {file}             every setting with its scores, and the choice", file=RESULTS))
    say(worded("  trial-1, trial-2, ...  the runs of each setting"))
    final = run.path / FINAL
    if (final / "model").is_dir():
        say(worded("  {final}                  the best setting, trained once more", final=FINAL))
        say(worded("\nNext:\n  echo 'A text to classify.' | {call}", call=Call("predict", final)))
