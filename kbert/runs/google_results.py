"""The files that run_classifier.py leaves: eval_results.txt and test_results.tsv."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kbert.data.tasks import TASKS, read_task
from kbert.files import write_text
from kbert.metrics import softmax
from kbert.runs.preparation import Prepared
from kbert.runs.run_directory import RunDirectory

_EVAL_BATCH = 8  # run_classifier.py's --eval_batch_size and --predict_batch_size


def write_google_results(prepared: Prepared, run: RunDirectory, updates: int) -> list[Path]:
    """Write what Google's script writes of its task, by the best model, and return the paths.

        eval_results.txt    eval_accuracy, eval_loss, global_step and loss, a line each
        test_results.tsv    a line a row: the probability of every label of `get_labels`

    Args:
        prepared: Prepared, of a task.
        run: RunDirectory, trained.
        updates: int. The updates that the training has made.

    Source: `main` and `metric_fn` in `run_classifier.py`.
    """
    from kbert.models.bert_classifier import BertClassifier

    config = prepared.config
    assert config.task is not None
    model = BertClassifier.load(run.path)
    written = []
    if "dev" in prepared.sets:
        logits = _logits(model, prepared.sets["dev"])
        ids = np.asarray(prepared.sets["dev"].label_ids)
        text = eval_results(logits, ids, updates)
        written.append(run.path / "eval_results.txt")
        write_text(written[-1], text)
    if (Path(config.data) / TASKS[config.task].splits["test"].file).is_file():
        test = read_task(config.task, config.data, "test")
        rows = softmax(_logits(model, test))
        lines = ("\t".join(str(np.float32(share)) for share in row) + "\n" for row in rows)
        written.append(run.path / "test_results.tsv")
        write_text(written[-1], "".join(lines))
    return written


def eval_results(logits: np.ndarray, label_ids: np.ndarray, updates: int) -> str:
    """Return eval_results.txt: `eval_loss` is the mean over rows, `loss` that over batches of 8."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    losses = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(label_ids)), label_ids]
    batches = np.array_split(losses, range(_EVAL_BATCH, len(losses), _EVAL_BATCH))
    scores: Mapping[str, Any] = {
        "eval_accuracy": np.float32((logits.argmax(axis=1) == label_ids).mean()),
        "eval_loss": np.float32(math.fsum(losses) / len(losses)),
        "global_step": updates,
        "loss": np.float32(np.mean([batch.mean() for batch in batches])),
    }
    return "".join(f"{name} = {scores[name]!s}\n" for name in sorted(scores))


def _logits(model: Any, examples: Any) -> np.ndarray:
    """Return the logits of examples with or without labels, in their order."""
    from kbert.data.batches import Batches
    from kbert.data.token_store import TokenStore

    store = TokenStore.build(examples, model.tokenizer, model.max_length)
    batches = Batches(store, 32, order="length", pad_id=model.tokenizer.pad_id)
    logits = np.empty((len(examples), len(model.labels)), np.float32)
    logits[batches.row_order()] = model.predict(batches, verbose=0)
    return logits
