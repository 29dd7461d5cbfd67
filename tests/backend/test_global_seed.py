"""The seed of Keras's random numbers."""

import keras
import pytest

from kbert.backend.global_seed import global_seed

pytestmark = pytest.mark.keras


def test_it_is_what_keras_was_given():
    for seed in (3, 11):
        keras.utils.set_random_seed(seed)
        assert global_seed() == seed
