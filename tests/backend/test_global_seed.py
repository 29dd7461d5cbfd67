"""The seed of Keras's random numbers."""

import random

import keras
import pytest

from kbert.backend.global_seed import global_seed, same_seeds

pytestmark = pytest.mark.keras


def test_it_is_the_seed_given_to_keras():
    for seed in (3, 11):
        keras.utils.set_random_seed(seed)
        assert global_seed() == seed


def test_seeds_of_layers_repeat_and_the_users_numbers_continue():
    random.seed(5)
    expected = random.random()
    random.seed(5)
    drawn = []
    for _ in range(2):
        with same_seeds():
            drawn.append(keras.ops.convert_to_numpy(keras.random.SeedGenerator().state).tolist())
    assert drawn[0] == drawn[1]
    assert random.random() == expected
