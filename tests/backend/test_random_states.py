import keras
import numpy as np
import pytest

from kbert.backend.random_states import capture_random_states, restore_random_states

pytestmark = pytest.mark.keras

on_torch = pytest.mark.skipif(keras.backend.backend() != "torch", reason="torch's own states")


def test_other_backends_have_none():
    assert (capture_random_states() == {}) == (keras.backend.backend() != "torch")
    restore_random_states({})


@on_torch
def test_restored_states_repeat_the_numbers():
    import torch

    states = capture_random_states()
    assert all(isinstance(state, np.ndarray) for state in states.values())
    drawn = torch.rand(3)
    assert not torch.equal(torch.rand(3), drawn)
    restore_random_states(states)
    assert torch.equal(torch.rand(3), drawn)
