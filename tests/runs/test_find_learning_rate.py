import keras
import numpy as np
import pytest

from kbert import InputError, TrainingPlan, create_optimizer, find_learning_rate, read_examples

pytestmark = pytest.mark.keras


@pytest.fixture
def fitted(tiny_model, reviews):
    model = tiny_model()
    train = read_examples(reviews, labels=model.labels)
    plan = TrainingPlan(len(train), batch_size=8, epochs=2, learning_rate=1e-3)
    model.compile(create_optimizer(plan), metrics=["accuracy"])
    return model, model.batches(train, plan)


def state_of(model):
    variables = [*model.variables, *model.optimizer.variables]
    return [keras.ops.convert_to_numpy(variable.value).copy() for variable in variables]


@pytest.mark.any_backend
def test_the_model_is_left_as_it_was(fitted, capsys):
    model, batches = fitted
    model.fit(batches, epochs=1, verbose=0)
    optimizer, before = model.optimizer, state_of(model)
    search = find_learning_rate(model, batches, highest=1.0, updates=12, verbose=0)
    assert capsys.readouterr().out == ""
    assert model.optimizer is optimizer
    for array, found in zip(before, state_of(model), strict=True):
        np.testing.assert_array_equal(found, array)
    assert len(search.rates) == len(search.losses) <= 12
    model.fit(batches, epochs=1, verbose=0)  # with its own optimizer
    assert int(optimizer.iterations) == 2 * len(batches)


def test_losses_are_those_of_updates_at_these_rates():
    """A line through the origin, with each loss and gradient descent step computed by hand."""
    inputs = keras.Input((1,))
    outputs = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")(inputs)
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.SGD(0.5), loss="mse")
    batches = [(np.float32([[1], [2]]), np.float32([[3], [6]]))]  # the slope is 3
    search = find_learning_rate(model, batches, lowest=1e-3, highest=1e-1, updates=3)
    slope, expected = 1.0, []
    for rate in (1e-3, 1e-2, 1e-1):
        expected.append(np.mean([(slope - 3) ** 2, (2 * slope - 6) ** 2]))
        slope -= rate * np.mean([2 * (slope - 3), 4 * (2 * slope - 6)])
    np.testing.assert_allclose(search.rates, [1e-3, 1e-2, 1e-1], rtol=1e-5)
    np.testing.assert_allclose(search.losses, expected, rtol=1e-5)


def test_an_uncompiled_model_is_refused(tiny_model):
    with pytest.raises(InputError, match="The model is not compiled: call model.compile"):
        find_learning_rate(tiny_model(), [None])


def test_empty_batches_are_refused(fitted):
    with pytest.raises(InputError, match="`batches` has no batch"):
        find_learning_rate(fitted[0], [])
