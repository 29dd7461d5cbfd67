import numpy as np
import pytest

from kbert import ExponentialGrowth

pytestmark = pytest.mark.keras


def test_rates_grow_by_the_same_factor():
    schedule = ExponentialGrowth(1e-6, 1e-2, updates=5)
    found = [float(schedule(step)) for step in range(7)]
    np.testing.assert_allclose(found, [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-2, 1e-2], rtol=1e-5)


def test_the_batches_of_an_update_have_the_same_rate():
    schedule = ExponentialGrowth(1e-4, 1e-2, updates=3, steps_per_update=2)
    found = [float(schedule(step)) for step in range(6)]
    np.testing.assert_allclose(found, [1e-4, 1e-4, 1e-3, 1e-3, 1e-2, 1e-2], rtol=1e-5)


def test_a_config_gives_the_same_rates():
    schedule = ExponentialGrowth(1e-4, 1e-2, updates=3, steps_per_update=2)
    again = ExponentialGrowth.from_config(schedule.get_config())
    assert again.get_config() == schedule.get_config()
