import pytest

from kbert import InputError
from kbert.config import ModelOptions


@pytest.mark.parametrize("dropout", [0, 0.5, 0.99])
def test_dropout_may_be_from_0_to_below_1(dropout):
    assert ModelOptions(dropout=dropout).dropout == dropout


@pytest.mark.parametrize("dropout", [-0.1, 1, float("nan")])
def test_dropout_out_of_range_is_refused(dropout):
    with pytest.raises(InputError, match="`dropout` must be from 0 to below 1"):
        ModelOptions(dropout=dropout)
