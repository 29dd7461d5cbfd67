import pytest

from kbert import InputError
from kbert.config import ModelOptions


@pytest.mark.parametrize("dropout", [0, 0.5, 0.99])
def test_dropout_is_a_share(dropout):
    assert ModelOptions(dropout=dropout).dropout == dropout


@pytest.mark.parametrize("dropout", [-0.1, 1, float("nan")])
def test_dropout_of_everything_is_refused(dropout):
    with pytest.raises(InputError, match="`dropout` must be from 0 to below 1"):
        ModelOptions(dropout=dropout)
