"""`kbert evaluate`."""

import json as json_format
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.options import Switch, given, options, reading
from kbert.data.reading.reading_options import ReadingOptions
from kbert.utils.say import say

if TYPE_CHECKING:
    from kbert.data.reading.examples import Examples
    from kbert.results.evaluation import Evaluation


@options("backend", ReadingOptions)
class Settings:
    """What `kbert evaluate` takes."""


@verb("evaluate")
def evaluate(
    model: Path,
    data: str,
    *,
    batch_size: int = 32,
    json: Switch = False,
    settings: Annotated[Settings, Parameter(name="*")] = Settings(),  # noqa: B008
) -> None:
    """Score a model on a labelled file.

    Parameters
    ----------
    model
        Run directory, or another model that `kbert predict` takes.
    data
        Labelled file: CSV, TSV, JSON Lines or Parquet.
    batch_size
        Rows per batch.
    json
        Print JSON.
    """
    from kbert.cli.examples import check_batch_size, check_pairs, show_skipped
    from kbert.cli.model_facts import model_facts
    from kbert.serving.export_settings import is_export

    check_batch_size(batch_size)
    labels, text_pairs = model_facts(model)
    examples = reading(settings).read(data, labels=labels)
    check_pairs(examples, text_pairs)
    say(str(examples), file=sys.stderr)
    show_skipped(examples)
    if is_export(model):
        scores = _evaluate_export(model, examples, batch_size)
    else:
        from kbert.backend.choose_backend import choose_backend, import_keras

        choose_backend(given(settings).get("backend"))
        import_keras()
        from kbert.callbacks.epoch_evaluation import evaluate_batches
        from kbert.serving.load_classifier import load_classifier

        classifier = load_classifier(model)
        if labels is None:
            examples = reading(settings).read(data, labels=classifier.labels)
        scores = evaluate_batches(classifier, classifier.batches(examples, batch_size=batch_size))
    print(json_format.dumps(scores.to_dict(), indent=2) if json else scores)


def _evaluate_export(model: Path, examples: "Examples", batch_size: int) -> "Evaluation":
    import numpy as np

    from kbert.results.evaluation import Evaluation
    from kbert.serving.predictor import Predictor

    assert examples.label_ids is not None
    predictor = Predictor.load(model)
    shares = predictor.predict_proba(examples.texts, examples.pairs, batch_size)
    logits = np.log(np.maximum(shares, np.finfo(np.float32).tiny))
    return Evaluation.from_logits(logits, examples.label_ids, predictor.labels)
