"""test_results.tsv, the predictions that run_classifier.py writes for a task's test set."""

from pathlib import Path

import numpy as np

from kbert.data.reading.examples import Examples
from kbert.runs.run_directory import RunDirectory
from kbert.utils.files import write_text

TEST_RESULTS = "test_results.tsv"


def write_test_results(run: RunDirectory, examples: Examples) -> Path:
    """Write the probabilities that a run's best model predicts for a test set; return the path.

    One line per row: the probability of every label, in the order of `get_labels`, without a
    header.

    Args:
        run: RunDirectory, trained.
        examples: Examples.

    Source: `main` in `run_classifier.py`.
    """
    from kbert.models.bert_classifier import BertClassifier

    rows = BertClassifier.load(run.path).predict_proba(examples.texts, examples.pairs)
    lines = ("\t".join(str(np.float32(share)) for share in row) + "\n" for row in rows)
    path = run.path / TEST_RESULTS
    write_text(path, "".join(lines))
    return path
