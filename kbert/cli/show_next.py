"""Where a run is, and what to type next."""

from kbert.config import TrainConfig
from kbert.findings import Call
from kbert.runs.run_directory import RunDirectory
from kbert.utils.say import say


def show_next(run: RunDirectory) -> None:
    """Print the commands that use a run."""
    if (run.path / "skipped_rows.csv").exists():
        say(f"The rows that were skipped are listed in {run}/skipped_rows.csv")
    say(f"\nThe run is in {run}. Next:")
    predict_file = Call("predict", run, "FILE")
    if run.record["text_pairs"]:
        say(f"  {predict_file}     # text pairs: CSV, TSV, JSON Lines")
    else:
        say(f"  echo 'A text to classify.' | {Call('predict', run)}")
        say(f"  {predict_file}     # one text per line, or CSV, TSV, JSON Lines")
    settings = TrainConfig.from_toml(run.path / "config.toml").reading_settings()
    say(f"  {Call('evaluate', run, 'FILE', **settings)}    # a labelled file")
