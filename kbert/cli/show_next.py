"""Where a run is, and what to type next."""

from kbert.config import TrainConfig
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
    flags = TrainConfig.from_toml(run.path / "config.toml").flags()
    print(f"  {kbert} evaluate {run} FILE{flags}    # a labelled file")
