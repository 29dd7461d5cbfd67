"""The texts of a pretraining run: read without labels, and some set aside."""

from dataclasses import replace

import numpy as np

from kbert.config.pretrain_config import PretrainConfig
from kbert.data.reading.dev_split import split_by_text
from kbert.data.reading.examples import Examples
from kbert.data.reading.split_units import SplitUnits
from kbert.errors import InputError
from kbert.findings import Cure, Message, Option

_LEAST = 2  # different texts, one on each side


def read_pretraining_texts(config: PretrainConfig) -> dict[str, Examples]:
    """Return the texts to train on, "train", and those to evaluate on, "dev", if there are any.

    Equal texts are on the same side. Which are set aside depends only on the texts and the seed.

    Args:
        config: PretrainConfig.

    Raises:
        KbertError: a file cannot be read, or has too few texts.
    """
    whole = _read(config, config.data)
    if config.dev is not None:
        return {"train": whole, "dev": _read(config, config.dev)}
    if config.dev_proportion == 0:
        return {"train": whole}
    units = SplitUnits.find(whole.bare_texts(), config.seed)
    if len(units.marks) < _LEAST:
        raise InputError(
            "{source}: some texts are set aside for evaluation, but there is only one. Add texts.",
            source=whole.source,
            cure=Cure({"dev_proportion": 0}, note="to evaluate on none"),
        )
    in_dev = split_by_text(units, np.zeros(len(whole), np.int64), config.dev_proportion)
    how = Message(
        "{share:.0%} set aside, seed {seed}", share=config.dev_proportion, seed=config.seed
    )
    source = Message("{source} ({how})", source=whole.source, how=how)
    dev = replace(whole.take(np.flatnonzero(in_dev)), source=source)
    return {
        "train": replace(whole.take(np.flatnonzero(~in_dev)), skipped=whole.skipped),
        "dev": dev,
    }


def _read(config: PretrainConfig, path: str) -> Examples:
    """Return the texts of a file; a column of labels beside them is not used."""
    found = config.read(path, need_label=False)
    columns = found.columns and replace(found.columns, label=None, more_labels=())
    found = replace(found, label_ids=None, labels=None, targets=None, columns=columns)
    if not len(found):
        raise InputError(
            "{source} has no texts to train on. Check {option}.",
            source=found.source,
            option=Option("text"),
        )
    return found
