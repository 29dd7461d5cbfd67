"""The temperature for each target."""

import numpy as np
import pytest

from kbert import InputError
from kbert.results.temperature import Temperature
from kbert.targets.fit_temperature import fit_temperature
from kbert.targets.multi import Multi
from kbert.targets.regression import Regression
from kbert.targets.single import Single
from kbert.targets.soft import Soft

LOGITS = np.random.default_rng(0).normal(0, 3, (200, 2))
CLASSES = (LOGITS.argmax(axis=1) + (np.random.default_rng(1).random(200) < 0.3)) % 2


def test_labels_are_read_in_the_form_of_the_target():
    of_classes = Temperature.fit(LOGITS, CLASSES)
    assert fit_temperature(LOGITS, CLASSES, Single()) == of_classes
    table = np.eye(2, dtype=np.float32)[CLASSES]
    assert fit_temperature(LOGITS, table, Soft()).value == of_classes.value
    several = fit_temperature(LOGITS, table, Multi())
    assert several == Temperature.fit(LOGITS, table.astype(np.uint8))
    assert several.value != of_classes.value


def test_thresholds_move_with_the_temperature():
    target = Multi(thresholds=(0.5, 0.2))
    moved = target.at_temperature(2.0)
    # logit(0.2) = -log(4), and half of it is -log(2).
    assert moved.thresholds == pytest.approx((0.5, 1 / 3))
    assert Multi().at_temperature(2.0) == Multi()
    assert Single().at_temperature(2.0) == Single()
    np.testing.assert_array_equal(
        moved.decided(moved.outputs(LOGITS / 2)), target.decided(target.outputs(LOGITS))
    )


def test_numbers_have_no_temperature():
    with pytest.raises(InputError, match="`calibrate` is for probabilities, .*regression"):
        fit_temperature(LOGITS, LOGITS, Regression())
