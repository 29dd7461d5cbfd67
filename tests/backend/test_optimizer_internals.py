import keras
import numpy as np
import pytest

from kbert import AdamW
from kbert.backend import optimizer_internals
from tests.backend.line_model import fit, line

pytestmark = pytest.mark.keras


def test_inner_optimizer():
    sgd = keras.optimizers.SGD()
    assert optimizer_internals.inner_optimizer(sgd) is sgd
    assert optimizer_internals.inner_optimizer(keras.optimizers.LossScaleOptimizer(sgd)) is sgd


@pytest.mark.parametrize("is_scaled", [False, True], ids=["plain", "loss-scale"])
def test_batches_seen_and_updates_done(is_scaled):
    optimizer = keras.optimizers.SGD(1e-3, gradient_accumulation_steps=2)
    model = line(keras.optimizers.LossScaleOptimizer(optimizer) if is_scaled else optimizer)
    fit(model)
    counts = optimizer_internals.batches_seen, optimizer_internals.updates_done
    assert [count(model.optimizer) for count in counts] == [3, 1]
    optimizer_internals.set_batches_seen(model.optimizer, 8)
    assert [count(model.optimizer) for count in counts] == [8, 4]


@pytest.mark.parametrize("is_scaled", [False, True], ids=["plain", "loss-scale"])
def test_batch_count(is_scaled):
    sgd = keras.optimizers.SGD(1e-3, gradient_accumulation_steps=2)
    optimizer = keras.optimizers.LossScaleOptimizer(sgd) if is_scaled else sgd
    count = optimizer_internals.batch_count(optimizer)
    fit(line(optimizer))
    assert int(keras.ops.convert_to_numpy(count)) == 3
    assert any(variable is count for variable in optimizer.variables)


@pytest.mark.parametrize("is_scaled", [False, True], ids=["plain", "loss-scale"])
def test_built_for(is_scaled):
    sgd = keras.optimizers.SGD(1e-3)
    model = line(keras.optimizers.LossScaleOptimizer(sgd) if is_scaled else sgd)
    assert optimizer_internals.built_for(model.optimizer) is None
    fit(model)
    found = optimizer_internals.built_for(model.optimizer)
    assert [id(one) for one in found] == [id(one) for one in model.trainable_variables]


def test_learning_rates():
    schedules = keras.optimizers.schedules
    optimizer = keras.optimizers.SGD(schedules.PolynomialDecay(1.0, 4, 0.0))
    rates = optimizer_internals.learning_rates(optimizer, np.arange(6))
    np.testing.assert_allclose(rates, [1, 0.75, 0.5, 0.25, 0, 0])
    constant = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5))
    np.testing.assert_allclose(
        optimizer_internals.learning_rates(constant, np.arange(2)), [0.5, 0.5]
    )


def test_replace_optimizer(tmp_path):
    class Replace(keras.callbacks.Callback):
        def set_model(self, model):
            super().set_model(model)
            optimizer_internals.replace_optimizer(model, keras.optimizers.SGD(0.25))

    model = line(keras.optimizers.SGD(0.0), metrics=["mae"])
    fit(model)  # the train function holds the first optimizer
    before = model.get_weights()
    history = fit(model, Replace()).history
    assert not np.array_equal(model.get_weights()[0], before[0])
    assert {"loss", "mae"} <= set(history)
    model.save(tmp_path / "line.keras")
    loaded = keras.models.load_model(tmp_path / "line.keras")
    assert float(keras.ops.convert_to_numpy(loaded.optimizer.learning_rate)) == 0.25


def test_follows_schedule():
    schedule = keras.optimizers.schedules.CosineDecay(1.0, 4)
    for wrap in (lambda optimizer: optimizer, keras.optimizers.LossScaleOptimizer):
        assert optimizer_internals.follows_schedule(wrap(keras.optimizers.SGD(schedule)))
        assert not optimizer_internals.follows_schedule(wrap(keras.optimizers.SGD(0.1)))
    optimizer = keras.optimizers.SGD(schedule)
    with pytest.raises(TypeError):
        optimizer.learning_rate = 0.5


@pytest.mark.parametrize("is_scaled", [False, True], ids=["plain", "loss-scale"])
def test_gradient_norm_and_accumulated_steps(is_scaled):
    adam = AdamW(1e-3, global_clipnorm=1.0, gradient_accumulation_steps=3)
    optimizer = keras.optimizers.LossScaleOptimizer(adam) if is_scaled else adam
    assert optimizer_internals.gradient_norm(optimizer) is None  # it is not built
    fit(line(optimizer))
    norm = optimizer_internals.gradient_norm(optimizer)
    assert any(variable is norm for variable in optimizer.variables)
    assert optimizer_internals.accumulated_steps(optimizer) == 3
    assert optimizer_internals.gradient_norm(keras.optimizers.SGD()) is None
    assert optimizer_internals.accumulated_steps(keras.optimizers.SGD()) == 1
