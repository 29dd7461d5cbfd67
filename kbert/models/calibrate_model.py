"""Fits the temperature of a classifier, and folds it into its head."""

from typing import Any

import numpy as np

from kbert.interop.cooled_head import cooled
from kbert.models.classifier_parts import check_can_be_saved
from kbert.models.evaluate_batches import judge_set
from kbert.models.evaluation_set import EvaluationSet, in_row_order
from kbert.models.raw_texts import labelled_batches
from kbert.models.text_model import TextModel
from kbert.models.variables import assign_variables, to_arrays
from kbert.results.prediction import check_outputs
from kbert.results.temperature import Temperature
from kbert.targets.fit_temperature import check_calibrates, fit_temperature


def calibrate_model(model: TextModel, data: Any) -> Temperature:
    """Fit a temperature on labelled data, and divide the weights of a classifier's head by it.

    See `BertClassifier.calibrate`.
    """
    check_calibrates(model.target)
    check_can_be_saved(model)
    judged = judge_set(model, EvaluationSet.from_data("data", labelled_batches(model, data)))
    inputs, weights = judged.data.inputs, judged.data.weights
    logits = model.predict(inputs, verbose=0)
    check_outputs(logits, of="rows")
    # The temperature is also fitted on halves of the rows, which depend on their order.
    logits, true, weights = (
        None if part is None else in_row_order(inputs, np.asarray(part))
        for part in (logits, judged.label_ids, weights)
    )
    assert logits is not None
    assert true is not None
    found = fit_temperature(logits, true, model.target, weights)
    head = model.get_layer("logits").weights
    assign_variables(head, cooled(to_arrays(head), found.value), "the head")
    model.target = model.target.at_temperature(found.value)
    model.temperature *= found.value
    return found
