import pytest

from kbert import InputError
from kbert.config import MachineOptions


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_seeds_of_32_bits_are_accepted(seed):
    assert MachineOptions(seed=seed).seed == seed


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_other_seeds_are_refused(seed):
    with pytest.raises(InputError, match=f"`seed` must be from 0 to 4294967295. Received: {seed}"):
        MachineOptions(seed=seed)
