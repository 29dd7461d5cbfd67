"""Train a classifier from a labelled file, into a run directory."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from kbert import __version__
from kbert.backend import processes
from kbert.backend.machine import machine, versions
from kbert.config import TrainConfig
from kbert.data.reading.examples import Examples
from kbert.data.reading.file_patterns import run_name
from kbert.data.token_store import TokenStore
from kbert.errors import InputError, MachineError, allowed_in
from kbert.findings import Cure, Option, in_english
from kbert.plans.training_plan import TrainingPlan
from kbert.results.length_histogram import LengthHistogram
from kbert.runs.beginning import complete_record, new_stage
from kbert.runs.build_model import build_model
from kbert.runs.cross_validation import begin_cross_validation, train_folds
from kbert.runs.fit_run import fit_run
from kbert.runs.given_callbacks import CallbackLike, GivenCallbacks
from kbert.runs.not_settings import not_settings
from kbert.runs.origin import origin
from kbert.runs.prepare import PreparedRun, prepare
from kbert.runs.recorded_split import write_dev_rows
from kbert.runs.run_claim import claimed_run
from kbert.runs.run_config import with_parents_preset
from kbert.runs.run_directory import RunDirectory
from kbert.runs.shared_run import check_same, shared_run, written
from kbert.techniques.known_techniques import check_random_weights
from kbert.trackers.find_trackers import find_trackers
from kbert.utils.file_errors import check_name
from kbert.utils.now import now
from kbert.utils.say import verbosity


def train(
    config: TrainConfig, *, callbacks: Sequence[CallbackLike] = (), verbose: int = 1
) -> RunDirectory:
    """Train with the settings of `config`, and return the run's directory.

    Whatever can be refused is refused before the first step: the data are read, inspected and
    tokenized, and the training is planned, before Keras is imported.

    Args:
        config: TrainConfig.
        callbacks: sequence of Keras callbacks, of classes or functions that return one, or of their
            names as "package.module:Name". They are called after the evaluation, and get its scores
            as `val_loss`, `val_accuracy`, .... The run records only their names. Defaults to ().
        verbose: int. 0 prints nothing. Defaults to 1.

    Raises:
        KbertError: something in the settings or files is wrong; the message says how to fix it.

    Example:

    ```python
    run = train(TrainConfig(data="reviews.csv", output="runs/a", epochs=1, max_length=64))
    ```
    """
    config = checked(config)
    given = GivenCallbacks(callbacks, config)
    folder, name = Path("runs"), run_name(config.data)
    with (
        verbosity(processes.level_of(verbose)),
        allowed_in("kbert.TrainConfig(..., {})"),
        shared_run(claimed_run(config.output, folder=folder, name=name)) as run,
    ):
        train_into(run, config, given)
    return written(run)


def checked(config: TrainConfig) -> TrainConfig:
    """Return the settings of a new run with its parent's preset; check what needs no data."""
    if not isinstance(config, TrainConfig):
        raise not_settings(config, TrainConfig)
    for name in config.hints():
        if isinstance(getattr(config, name), str):
            check_name(name, getattr(config, name))
    find_trackers(config.trackers)
    if config.weights == "random" and config.parent is None:
        check_random_weights(config)
    return with_parents_preset(config)


def train_into(run: RunDirectory, config: TrainConfig, given: GivenCallbacks) -> None:
    """Train in the directory of a new run, which this process holds."""
    if config.is_cross_validation:
        if processes.is_joined():
            raise InputError(
                "Several processes train one run together, but {folds} trains one run per fold.",
                folds=Option("folds", config.folds),
                cure=Cure(note="{devices} of one process", values={"devices": Option("devices")}),
            )
        begin_cross_validation(run, config, given.names)
        train_folds(run, config, begin=partial(train_into, given=given))
        return
    prepared = prepare(replace(config, output=str(run)))
    check_same(prepared)
    model = build_model(prepared)
    _record(run, prepared, model, given.names)
    fit_run(prepared, model, run, given=given)


def _record(run: RunDirectory, prepared: PreparedRun, model: Any, callbacks: Sequence[str]) -> None:
    """Write the run's record before its first step: completely, or not at all."""
    sets = {"train": prepared.training, **prepared.sets}
    backend = prepared.config.backend
    assert backend is not None
    try:
        staged = RunDirectory(new_stage(run.path))
        staged.write_config(prepared.config.to_toml())
        staged.write_skipped(row for examples in sets.values() for row in examples.skipped)
        if prepared.config.sets_rows_aside:
            write_dev_rows(staged.path, prepared.sets["dev"])
        staged.update(
            id=secrets.token_hex(8),
            status="running",
            started=now(),
            started_in=str(Path.cwd()),
            backend=backend,
            versions={"kbert": __version__, **versions()},
            machine=machine(backend),
            labels=list(model.labels.names),
            text_pairs=prepared.training.pairs is not None,
            data={name: data_record(examples) for name, examples in sets.items()},
            lengths=lengths_record(
                prepared.stores, prepared.tokenizer.most_tokens(prepared.config.max_length)
            ),
            tokenizer_sha256=prepared.tokenizer.fingerprint,
            split_version=prepared.split_version,
            order_version=prepared.stores["train"].order_version,
            origin=origin(model, prepared.config),
            plan=plan_record(prepared.plan),
            findings=[finding.to_record() for finding in prepared.findings],
            **({"callbacks": list(callbacks)} if callbacks else {}),
            **_lineage(prepared),
        )
        complete_record(run.path)
    except OSError as error:
        raise MachineError(
            "{run} cannot be written to: {reason}. Nothing has been trained; start again when "
            "that is solved.",
            run=run,
            reason=error.strerror or error,
        ) from error


def data_record(examples: Examples) -> dict[str, Any]:
    """Return a set of examples as an entry of run.json."""
    with in_english():
        source = str(examples.source)
    return {
        "source": source,
        "rows": len(examples),
        "skipped": len(examples.skipped),
        "sha256": examples.fingerprint,
        **({"files": [file.name for file in examples.files]} if examples.files else {}),
    }


def lengths_record(stores: Mapping[str, TokenStore], most: int) -> dict[str, Any]:
    """Return the lengths of each set's texts as an entry of run.json.

    Args:
        stores: dict of TokenStore by name.
        most: int. The maximum number of tokens that the model reads of a text.
    """
    return {
        name: LengthHistogram.of(store.lengths, most).to_dict() for name, store in stores.items()
    }


def plan_record(plan: TrainingPlan) -> dict[str, Any]:
    """Return a plan as an entry of run.json."""
    return {**asdict(plan), "updates": plan.updates, "warmup_updates": plan.warmup_updates}


def _lineage(prepared: PreparedRun) -> dict[str, Any]:
    """Return where the weights come from, if that is another run."""
    if prepared.config.parent is None:
        return {}
    parent = RunDirectory(prepared.config.parent)
    record = parent.record
    plan = record.get("plan", {})
    return {
        "parent": {
            "run": str(parent),
            "updates": plan.get("updates"),
            "epochs": plan.get("epochs"),
            "best_epoch": record.get("best_epoch"),
            "result": parent.best_scores(),
            "parent": record.get("parent"),
        }
    }
