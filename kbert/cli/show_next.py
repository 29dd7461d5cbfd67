"""Where a run is, and what to type next."""

from kbert.cli.words import FlagWords
from kbert.config import TrainConfig
from kbert.findings import Call
from kbert.runs.run_directory import RunDirectory
from kbert.utils.command_name import command_name


def show_next(run: RunDirectory) -> None:
    """Print the commands that use a run."""
    kbert = command_name()
    if (run.path / "skipped_rows.csv").exists():
        print(f"The rows that were skipped are listed in {run}/skipped_rows.csv")
    print(f"\nThe run is in {run}. Next:")
    if run.record["text_pairs"]:
        print(f"  {kbert} predict {run} FILE     # pairs of texts: CSV, TSV, JSON Lines")
    else:
        print(f"  echo 'A text to classify.' | {kbert} predict {run}")
        print(f"  {kbert} predict {run} FILE     # one text a line, or CSV, TSV, JSON Lines")
    reading = TrainConfig.from_toml(run.path / "config.toml").reading_settings()
    evaluate = FlagWords().call(Call("evaluate", run, "FILE", **reading))
    print(f"  {evaluate}    # a labelled file")
