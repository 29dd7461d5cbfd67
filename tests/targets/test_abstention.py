"""The probability from which a class is given as the answer."""

import numpy as np
import pytest

from kbert import InputError
from kbert.results.prediction import Prediction
from kbert.targets.abstention import Abstention
from kbert.targets.multi import Multi
from kbert.targets.regression import Regression
from kbert.targets.single import Single
from kbert.targets.soft import Soft

NAMES = ("bad", "good, really")


def answered(given, *shares, target=None):
    limits = Abstention.of(given, NAMES, target or Single())
    found = [Prediction.from_probabilities(np.array([1 - s, s]), NAMES) for s in shares]
    return [limits.applied(one) for one in found]


@pytest.mark.parametrize("given", [0.75, "0.75", "  .75"])
def test_one_limit_for_all(given):
    low, high, other = answered(given, 0.7, 0.75, 0.2)
    assert (low.label, low.abstained) == ("", True)
    assert low.probability == 0.7  # and all probabilities are returned
    assert list(low.probabilities) == list(NAMES)
    assert (high.label, high.abstained) == ("good, really", False)
    assert (other.label, other.abstained) == ("bad", False)


@pytest.mark.parametrize("given", ['"good, really=0.75"', {"good, really": 0.75}])
def test_a_limit_for_some_classes(given):
    assert [one.abstained for one in answered(given, 0.7, 0.4, 0.8)] == [True, False, False]


def test_shares_of_classes_can_abstain():
    assert answered(0.9, 0.7, target=Soft())[0].abstained


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (1.5, "from 0 to 1, .* Received: 1.5"),
        ("-0.1", "from 0 to 1, .* Received: '-0.1'"),
        ("nan", "from 0 to 1, .* Received: 'nan'"),
        ("80%", "from 0 to 1, .* Received: '80%'"),
        ("", "from 0 to 1, .* Received: ''"),
        (True, "from 0 to 1, .* Received: True"),
        ("bad=high", "from 0 to 1, .* Received: 'bad=high'"),
        ("bad=2", "from 0 to 1, .* Received: 'bad=2'"),
        ("worse=0.5", "`abstain`: .*'worse'"),
        ({0: 0.5}, "`abstain`: .*'0'"),
    ],
)
def test_invalid_limits_are_refused(given, message):
    with pytest.raises(InputError, match=message):
        Abstention.of(given, NAMES, Single())


@pytest.mark.parametrize(
    ("target", "message"),
    [(Multi(), "multi.*a threshold of its own"), (Regression(), "regression.*leave it out")],
)
def test_multi_and_regression_targets_are_refused(target, message):
    with pytest.raises(InputError, match=message):
        Abstention.of(0.5, NAMES, target)
