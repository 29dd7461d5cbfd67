"""Read the sets of a run: the training set, and those to evaluate on."""

from collections.abc import Sequence
from dataclasses import replace

from kbert.choices import Split
from kbert.config import TrainConfig
from kbert.data.inspection.too_many_classes import too_many_classes, too_many_classes_finding
from kbert.data.reading.examples import Examples
from kbert.data.reading.labels import Labels
from kbert.data.reading.tasks import read_task
from kbert.errors import raise_on_errors
from kbert.findings import downgrade

_LABELLED: tuple[Split, ...] = ("train", "dev")


def read_sets(
    config: TrainConfig, labels: Labels | None = None
) -> tuple[Examples, dict[str, Examples]]:
    """Return the training set, and the sets to evaluate on by name.

    Args:
        config: TrainConfig.
        labels: Labels or None. The classes of the model that is trained further. Defaults to None:
            those of the data.
    """
    if config.task is not None:
        train, dev = (read_task(config.task, config.data, split, labels) for split in _LABELLED)
        return train, {"dev": dev}
    training = config.read(config.data, labels=labels)
    if labels is None:
        _check_classes(training, config.allow)
    sets = {
        name: config.read(path, labels=training.labels)
        for name, path in (("dev", config.dev), ("test", config.test))
        if path is not None
    }
    if config.dev is None and config.dev_proportion > 0:
        training, dev = training.split(config.dev_proportion, config.seed)
        source = f"{training.source} ({config.dev_proportion:.0%} set aside, seed {config.seed})"
        sets = {"dev": replace(dev, source=source), **sets}
    return training, sets


def _check_classes(training: Examples, allow: Sequence[str]) -> None:
    """Raise FindingsError where nearly every row is a class, before anything is done with them."""
    classes = 0 if training.labels is None else len(training.labels)
    if too_many_classes(classes, len(training)):
        finding = too_many_classes_finding(classes, len(training))
        raise_on_errors(downgrade([finding], allow), can_allow=True)
