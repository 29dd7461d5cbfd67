"""Read the sets of a run: the training set, and those to evaluate on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kbert.choices import Split
from kbert.config import ShardOptions, TrainConfig
from kbert.config.shard_options import OF_SHARDS
from kbert.data.inspection.too_many_classes import too_many_classes, too_many_classes_finding
from kbert.data.reading.dev_split import SPLIT_VERSION
from kbert.data.reading.examples import Examples
from kbert.data.reading.tasks import read_task
from kbert.data.reading.time_split import time_name
from kbert.data.shards.location import is_store
from kbert.errors import InputError, raise_on_errors
from kbert.findings import Cure, Message, Option, downgrade
from kbert.runs.read_store import read_store
from kbert.runs.recorded_split import RecordedSplit
from kbert.targets.labels import Labels

_PRESENT = RecordedSplit()
_HELD_OUT: dict[str, Any] = {"label_separator": None, "need_weight": False, "need_split": False}
_LABELLED: tuple[Split, ...] = ("train", "dev")


def read_sets(
    config: TrainConfig, labels: Labels | None = None, split: RecordedSplit = _PRESENT
) -> tuple[Examples, dict[str, Examples]]:
    """Return the training set, and the sets to evaluate on by name.

    Args:
        config: TrainConfig.
        labels: Labels or None. The classes of the model that is trained further. Defaults to None:
            those of the data.
        split: RecordedSplit. How rows are set aside, as a run records it. Defaults to the current
            way.
    """
    return set_aside(config, *read_files(config, labels), split)


def read_files(
    config: TrainConfig, labels: Labels | None = None
) -> tuple[Examples, dict[str, Examples]]:
    """Return the labelled file, before rows are set aside, and the other files by name."""
    if config.task is not None:
        train, dev = (read_task(config.task, config.data, split, labels) for split in _LABELLED)
        return train, {"dev": dev}
    if is_store(config.data):
        whole: Examples = read_store(config, labels)
    else:
        _check_no_shards(config)
        whole = config.read(config.data, labels=labels)
    if labels is None:
        _check_classes(whole, config.allow)
    return whole, {
        name: config.read(path, labels=whole.labels, target=whole.target, **_HELD_OUT)
        for name, path in (("dev", config.dev), ("test", config.test))
        if path is not None
    }


def _check_no_shards(config: TrainConfig) -> None:
    """Raise InputError for settings of a token store where the data are not one."""
    for name in OF_SHARDS:
        if getattr(config, name) != getattr(ShardOptions, name):
            raise InputError(
                "{option} is for token stores, but {data} is not one.",
                option=Option(name),
                data=config.data,
                cure=Cure(note="leave it out: kbert shuffles all rows of a file"),
            )


def set_aside(
    config: TrainConfig, whole: Examples, given: dict[str, Examples], split: RecordedSplit
) -> tuple[Examples, dict[str, Examples]]:
    """Return the training set, and the sets to evaluate on with the rows that are set aside."""
    if not config.sets_rows_aside:
        return whole, given
    recorded = split.divide(whole)
    if recorded is not None:
        return recorded[0], {"dev": recorded[1], **given}
    if config.folds is not None:
        fold = config.fold or 1  # the first, where the run is only planned
        training, dev = whole.folds(config.folds, config.seed_of_split)[fold - 1]
        source = Message(
            "{source} (fold {fold} of {folds}, seed {seed})",
            source=whole.source,
            fold=fold,
            folds=config.folds,
            seed=config.seed_of_split,
        )
        return training, {"dev": replace(dev, source=source), **given}
    divide = whole.split if split.version >= SPLIT_VERSION else whole.split_as_in_0_1
    training, dev = divide(config.dev_proportion, config.seed_of_split)
    how = Message(
        "{share:.0%} set aside, seed {seed}",
        share=config.dev_proportion,
        seed=config.seed_of_split,
    )
    if dev.times is not None:
        first = time_name(dev.times.min())
        how = Message(
            "the latest {share:.0%} set aside, from {first} on",
            share=len(dev) / len(whole),
            first=first,
        )
    source = Message("{source} ({how})", source=whole.source, how=how)
    return training, {"dev": replace(dev, source=source), **given}


def _check_classes(training: Examples, allow: Sequence[str]) -> None:
    """Raise FindingsError where nearly every row has its own class, before the rows are used."""
    names = () if training.labels is None else training.labels.names
    if too_many_classes(len(names), len(training)):
        finding = too_many_classes_finding(names, len(training))
        raise_on_errors(downgrade([finding], allow), can_allow=True)
