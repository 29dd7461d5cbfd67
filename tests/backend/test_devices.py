"""A process with one device; tests/parity/devices.py has several."""

import keras
import pytest

from kbert import InputError
from kbert.backend.batch_share import ALONE
from kbert.backend.devices import (
    batch_share,
    built_on_devices,
    devices_there_are,
    leave_devices,
    on_devices_of,
    scope_of,
    whole_on_each,
)
from kbert.plans.device_count import asked_of_all, device_count

BACKEND = keras.backend.backend()
pytestmark = pytest.mark.keras


def built():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile()
    return model


def test_one_device_is_counted():
    assert devices_there_are(BACKEND) == 1
    assert device_count(1, BACKEND) == 1
    if BACKEND != "torch":
        assert device_count("all", BACKEND) == 1
    assert (asked_of_all(None), asked_of_all(1), asked_of_all("all")) == (None, 1, "all")


def test_more_devices_than_there_are():
    expected = "computes on one device" if BACKEND == "torch" else "Found: 1 device"
    with pytest.raises(InputError, match=expected) as refusal:
        device_count(2, BACKEND)
    cure = refusal.value.cure
    assert {"devices": 1} in (cure.settings, *(other.settings for other in cure.otherwise))


@pytest.mark.skipif(BACKEND != "torch", reason="asks for all of one")
def test_all_devices_of_torch():
    with pytest.raises(InputError, match=r"Keras \d.* computes on one device"):
        device_count("all", BACKEND)


@pytest.mark.parametrize("asked", [0, -1, 1.5, True])
def test_invalid_numbers_of_devices(asked):
    with pytest.raises(InputError, match="devices"):
        device_count(asked, BACKEND)


def test_a_model_built_without_devices():
    with built_on_devices(None):
        model = built()
    with on_devices_of(model), scope_of(model):
        assert batch_share(model) == ALONE
        assert keras.distribution.distribution() is None
    assert whole_on_each("as it is") == "as it is"


@pytest.mark.skipif(BACKEND != "jax", reason="Keras's distribution is of JAX")
def test_leaving_the_devices():
    with built_on_devices(1, leave=True):
        model = built()
        assert keras.distribution.distribution() is not None
    assert keras.distribution.distribution() is None
    with on_devices_of(model):  # one device has nothing to share
        assert batch_share(model) == ALONE

    with pytest.raises(RuntimeError), built_on_devices(1, leave=True):
        raise RuntimeError
    assert keras.distribution.distribution() is None

    try:
        with built_on_devices(1):
            built()
        assert keras.distribution.distribution() is not None
    finally:
        leave_devices()
    assert keras.distribution.distribution() is None


@pytest.mark.skipif(BACKEND != "jax", reason="JAX alone keeps its devices")
def test_a_model_that_cannot_be_built_leaves_its_devices():
    within = []

    def fail():
        within.append(keras.distribution.distribution())
        raise ValueError("no model")

    with pytest.raises(ValueError, match="no model"), built_on_devices(1):
        fail()
    assert within[0] is not None
    assert keras.distribution.distribution() is None
