"""The baselines of examples and a model: what fine-tuning has to beat."""

from pathlib import Path
from typing import TYPE_CHECKING

from kbert.choices import BaselineChoice
from kbert.data.class_weights import ClassWeight, row_weights
from kbert.data.reading.examples import Examples
from kbert.errors import InputError
from kbert.linear.compute_baselines import BaselineTask, compute_baselines
from kbert.linear.labelled_rows import LabelledRows
from kbert.results.baselines import Baselines

if TYPE_CHECKING:
    from kbert.models.bert_classifier import BertClassifier


def baselines(
    train: Examples,
    dev: Examples,
    model: "BertClassifier",
    baseline: BaselineChoice = "both",
    *,
    class_weight: ClassWeight | None = None,
    seed: int = 0,
    cache: str | Path | None = None,
) -> Baselines:
    """Return the scores of models that take seconds: what fine-tuning has to beat.

    They are the best constant prediction, such as the largest class, and linear models on two kinds
    of features: logistic regressions, one per label if a text has several, or a ridge regression
    for numbers. Neither is chosen or tuned on `dev`:

        tfidf:    TF-IDF of the model's tokens and of pairs of adjacent ones, C = 10
        encoder:  the mean of the encoder's last layer over the tokens, standardized, C = 0.03

    The terms and their frequencies are those of the training rows. With many rows, a sample is
    fitted and scored, and the result says so: 100,000 rows for TF-IDF, or fewer with many classes;
    2,000 training and 1,000 dev rows for the encoder. The model and all random states are left
    unchanged.

    Args:
        train: Examples, read with the model's labels.
        dev: Examples, likewise.
        model: BertClassifier. It need not be compiled.
        baseline: "both", "tfidf" or "encoder". Defaults to "both".
        class_weight: "balanced", "NAME=W,..." or a dict: how much each class counts. Defaults to
            None: all count the same; rows count by their weights.
        seed: int. It decides which rows are in a sample. Defaults to 0.
        cache: str or Path. The folder of the token files. Defaults to None: the tokens stay in
            memory.

    Returns:
        Baselines, which print as a table.

    Raises:
        InputError: the examples have no labels, or other labels than the model.

    Example:

    ```python
    train, dev = examples.split(dev=0.2)
    found = baselines(train, dev, model, "tfidf")
    assert found["tfidf"].evaluation.rows == len(dev)
    ```
    """
    for examples in (train, dev):
        if examples.y is None or len(examples) == 0:
            raise InputError("{source} has no labelled rows.", source=examples.source)
    stores = [model.batches(examples, cache=cache).store for examples in (train, dev)]
    task = BaselineTask(
        training=LabelledRows.from_store(stores[0], row_weights(train, class_weight)),
        dev=LabelledRows.from_store(stores[1], dev.weights),
        target=model.target,
        names=model.labels.names,
        model=model,
        seed=seed,
    )
    return compute_baselines(task, baseline)
