"""What fine-tuning has to beat, for examples and a model."""

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

    They are the answer that is best for all rows alike, such as the largest class, and linear
    models on two kinds of features: logistic regressions, one for each label where a text has
    several, or a ridge regression of numbers. Neither is chosen or tuned on `dev`:

        tfidf:    TF-IDF of the model's tokens and of pairs of adjacent ones, C = 10
        encoder:  the mean of the encoder's last layer over the tokens, standardized, C = 0.03

    The terms and their frequency are those of the training rows. Of many rows a sample is fitted,
    and scored, which the result tells: of TF-IDF 100,000, or fewer where there are many classes; of
    the encoder 2,000 training and 1,000 dev rows. The model and all random states stay as they are.

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
        Baselines; printed, a table.

    Raises:
        InputError: the examples have no labels, or others than the model.

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
