"""Where a run is, and what to type next."""

from typing import Any

from kbert.config import TrainConfig
from kbert.data.reading.reading_options import OF_LABELS
from kbert.data.reading.task_layouts import TASKS, SplitLayout
from kbert.findings import Call, worded
from kbert.interop.pretraining_run import is_pretraining
from kbert.runs.cross_validation import SCORES
from kbert.runs.fold_predictions import OUT_OF_FOLD
from kbert.runs.run_config import recorded_config
from kbert.runs.run_directory import DEV_ROWS, RunDirectory
from kbert.utils.say import say


def show_next(run: RunDirectory) -> None:
    """Print the commands that use a run, with options to read files like those of the run."""
    if is_pretraining(run.path):
        say(worded("\nThe run is in {run}. Next:", run=run))
        say(worded("  {train}    # a labelled file", train=Call("train", "FILE", preset=str(run))))
        return
    if "cross_validation" in run.record:
        say(worded("\nThe run is in {run}:", run=run))
        say(worded("  {file}    the scores of the folds, and of all rows together", file=SCORES))
        say(
            worded(
                "  {file}            predictions of the model that was not trained on the row",
                file=OUT_OF_FOLD,
            )
        )
        say(worded("  fold-1, fold-2, ...       the run of each fold"))
        return
    skipped = (run.path / "skipped_rows.csv").exists()
    if skipped:
        say(worded("The rows that were skipped are listed in {run}/skipped_rows.csv", run=run))
    if (run.path / DEV_ROWS).exists():
        say(
            worded(
                "The rows that were set aside are listed in {run}/{file}",
                run=run,
                file=DEV_ROWS,
            )
        )
    say(worded("\nThe run is in {run}. Next:", run=run))
    to_predict, to_evaluate = _reading(recorded_config(run))
    if skipped:  # such a file probably has bad rows too
        to_predict, to_evaluate = ({**s, "on_bad_row": "skip"} for s in (to_predict, to_evaluate))
    predict_file = Call("predict", run, "FILE", **to_predict)
    if run.record.get("text_pairs"):
        say(
            worded(
                "  {predict_file}     # text pairs: CSV, TSV, JSON Lines", predict_file=predict_file
            )
        )
    else:
        say(worded("  echo 'A text to classify.' | {predict}", predict=Call("predict", run)))
        kinds = (
            worded("a file like that of the run")
            if to_predict
            else worded("one text per line, or CSV, TSV, JSON Lines")
        )
        say(f"  {predict_file}     # {kinds}")
    say(
        worded(
            "  {evaluate}    # a labelled file",
            evaluate=Call("evaluate", run, "FILE", **to_evaluate),
        )
    )


def _reading(config: TrainConfig) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the settings that read a file of texts, and a labelled file, as the run did."""
    if config.task is not None:
        splits = TASKS[config.task].splits
        return _columns(splits["test"]), _columns(splits["dev"])
    settings = config.reading_settings()
    for name in ("target", "label_separator"):  # the model knows them
        settings.pop(name, None)
    to_predict = {n: value for n, value in settings.items() if n not in OF_LABELS}
    return to_predict, settings


def _columns(layout: SplitLayout) -> dict[str, Any]:
    """Return how a file of a task is read when it is named on its own."""
    if layout.language is not None:
        return {}  # such a file has rows in other languages, which only the task leaves out
    label = "gold_label" if layout.label == -1 else layout.label
    settings = {"text": layout.text, "pair": layout.pair, "label": label}
    named = {name: value for name, value in settings.items() if value is not None}
    return {**named, **({} if layout.header else {"header": False}), "quoting": "none"}
