"""Computes what fine-tuning has to beat."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from kbert.choices import BaselineChoice
from kbert.errors import KbertError
from kbert.findings import Message, Text
from kbert.linear.encoder_vectors import encoder_vectors
from kbert.linear.fit_standardized import fit_standardized
from kbert.linear.labelled_rows import LabelledRows
from kbert.linear.linear_target import LinearTarget
from kbert.linear.linear_targets import linear_target
from kbert.linear.sizes import (
    check_outputs,
    encoder_rows,
    max_terms,
    tf_idf_dev_rows,
    tf_idf_rows,
)
from kbert.linear.tf_idf import TfIdf
from kbert.results.baseline import SHOWN_NAMES, Baseline, BaselineName
from kbert.results.baselines import Baselines
from kbert.results.scores import Scores
from kbert.targets.target import Target
from kbert.utils.foreign import reason_of

# Fixed, so that nothing is chosen on the dev set. The penalty is |w|^2 / 2 strength.
TF_IDF_STRENGTH = 10.0
ENCODER_STRENGTH = 0.03


@dataclass(frozen=True)
class BaselineTask:
    """What baselines are fitted to, and scored on.

    Args:
        training: LabelledRows. The training rows, whose weights have a mean of 1.
        dev: LabelledRows. The rows to score.
        target: Target. The model's, with its scale of numbers.
        names: sequence of str. The labels.
        model: BertClassifier. Its tokenizer made the tokens; its encoder is not trained.
        seed: int. It decides which rows are in a sample.
        epochs: int or None. The plan's epochs, which limit the encoder's rows. Defaults to None.
    """

    training: LabelledRows
    dev: LabelledRows
    target: Target
    names: Sequence[str]
    model: Any
    seed: int = 0
    epochs: int | None = None

    @cached_property
    def linear(self) -> LinearTarget:
        """How linear models predict the target."""
        return linear_target(self.target.kind, len(self.names))

    def scores(self, outputs: np.ndarray, dev: LabelledRows) -> Scores:
        """Return the scores of a linear model's outputs [rows, labels]."""
        return self.target.scores(outputs, dev.targets, self.names, dev.weights)


def compute_baselines(
    task: BaselineTask, choice: BaselineChoice = "both", name: str = "dev"
) -> Baselines:
    """Return the scores of the baselines; one that fails becomes a note beside the others.

    Args:
        task: BaselineTask.
        choice: "both", "tfidf", "encoder" or "none". Defaults to "both".
        name: str. The name of the set that is scored. Defaults to "dev".
    """
    found, notes = [], []
    for one, compute in _COMPUTE.items():
        if one == "constant" or choice in ("both", one):
            try:
                found.append(compute(task))
            except Exception as error:  # whatever it is, fine-tuning does not need the baseline
                notes.append(
                    Message(
                        "{name}: not computed: {reason}.",
                        name=SHOWN_NAMES[one],
                        reason=_reason(error),
                    )
                )
    return Baselines(name, len(task.training), len(task.dev), tuple(found), tuple(notes))


def _reason(error: Exception) -> Text:
    """Return an exception's message; kbert's own without a full stop, and in any language."""
    if isinstance(error, KbertError):
        return Message(error.template.rstrip("."), **error.values)
    return reason_of(error)


def _constant(task: BaselineTask) -> Baseline:
    started = time.monotonic()
    outputs = task.linear.constant(task.training.targets, task.training.weights)
    scores = task.scores(np.broadcast_to(outputs, (len(task.dev), len(outputs))), task.dev)
    return Baseline("constant", len(task.training), scores, time.monotonic() - started)


def _tf_idf(task: BaselineTask) -> Baseline:
    started = time.monotonic()
    outputs, fits = task.linear.outputs, task.linear.outputs * task.linear.copies
    check_outputs(outputs)
    training = task.training.sample(tf_idf_rows(task.training.lengths, fits), task.seed)
    dev = task.dev.sample(tf_idf_dev_rows(task.dev.lengths, outputs), task.seed)
    features = TfIdf(training, task.model.tokenizer, max_terms(outputs))
    fitted = task.linear.fit(features.training, training.targets, training.weights, TF_IDF_STRENGTH)
    scores = task.scores(fitted.outputs(features.transform(dev)), dev)
    return Baseline("tfidf", len(training), scores, time.monotonic() - started)


def _encoder(task: BaselineTask) -> Baseline:
    started = time.monotonic()
    check_outputs(task.linear.outputs)
    rows, dev_rows, share = encoder_rows(task.training.lengths, task.dev.lengths, task.epochs)
    training = task.training.sample(rows, task.seed)
    dev = task.dev.sample(dev_rows, task.seed)
    fitted = fit_standardized(
        task.linear,
        encoder_vectors(task.model, training),
        training.targets,
        training.weights,
        ENCODER_STRENGTH,
    )
    scores = task.scores(fitted.outputs(encoder_vectors(task.model, dev)), dev)
    return Baseline("encoder", len(training), scores, time.monotonic() - started, share)


_COMPUTE: dict[BaselineName, Callable[[BaselineTask], Baseline]] = {
    "constant": _constant,
    "tfidf": _tf_idf,
    "encoder": _encoder,
}
