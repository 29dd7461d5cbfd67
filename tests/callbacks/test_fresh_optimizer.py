import csv

import keras
import numpy as np
import pytest

from kbert import (
    AdamW,
    Examples,
    FreshOptimizer,
    GradualUnfreezing,
    KbertError,
    LayerDecay,
    LearningRateLogger,
    MovingAverage,
    PlanGuard,
    RunCheckpoint,
    TrainingPlan,
    WarmupPolynomialDecay,
    create_optimizer,
)

pytestmark = pytest.mark.keras

# For 48 rows: a first training run, and a second one of another size.
FIRST = TrainingPlan(48, batch_size=8, epochs=2, learning_rate=1e-2)
SECOND = TrainingPlan(48, batch_size=8, epochs=3, learning_rate=2e-3, warmup_proportion=0.3)
X = np.random.default_rng(0).normal(size=(48, 4)).astype("float32")
Y = (X.sum(axis=1) > 0).astype("int32")


def model_data(optimizer=None, **arguments):
    """A classifier like that of any Keras user."""
    keras.utils.set_random_seed(7)
    layers = [keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(2)]
    model = keras.Sequential([keras.Input((4,)), *layers], **arguments)
    model.compile(
        create_optimizer(FIRST) if optimizer is None else optimizer,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def fit(model, plan, *callbacks):
    """Train on all rows; return the greatest change of a weight and the history."""
    before = model.get_weights()
    history = model.fit(
        X, Y, plan.batch_size, plan.epochs, verbose=0, callbacks=list(callbacks)
    ).history
    return greatest_change(before, model), history


def greatest_change(before, model):
    pairs = zip(before, model.get_weights(), strict=True)
    return max(float(np.abs(new - old).max()) for old, new in pairs)


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [int(row["step"]) for row in rows], [float(row["learning_rate"]) for row in rows]


def test_a_second_fit_trains_only_with_a_fresh_optimizer(tmp_path):
    model = model_data()
    assert fit(model, FIRST)[0] > 0
    log = LearningRateLogger(tmp_path / "trap.csv")
    change, history = fit(model, SECOND, log)
    assert change == 0.0
    assert rows_of(log.path) == (list(range(12, 30)), [0.0] * 18)
    stuck = history["loss"][-1]

    log = LearningRateLogger(tmp_path / "cure.csv")
    change, history = fit(model, SECOND, FreshOptimizer(SECOND), log)
    assert change > 0
    assert stuck > history["loss"][0] > history["loss"][-1]
    assert int(model.optimizer.iterations) == SECOND.updates
    steps, rates = rows_of(log.path)
    assert steps == list(range(SECOND.updates))
    np.testing.assert_allclose(rates, SECOND.learning_rate_at(np.arange(18)), rtol=1e-6)
    assert min(rates) > 0
    assert rates[0] == pytest.approx(2e-3 / 6)  # the first of five warmup updates


def test_a_classifier_trains_a_second_time(tiny_model, sentences, tmp_path):
    model = tiny_model(max_length=8, all_dropout=0.0)  # one width, thus one shape to compile
    texts, labels = (part[:96:4] for part in sentences)
    examples = Examples(texts, None, model.labels.encode(labels), model.labels)
    plan = TrainingPlan(len(texts), batch_size=8, epochs=2, learning_rate=1e-3)
    model.compile(create_optimizer(plan), metrics=["accuracy"])
    batches, log = model.batches(examples, plan), LearningRateLogger(tmp_path / "rates.csv")
    model.fit(batches, epochs=2, verbose=0)
    before = model.get_weights()
    stuck = model.fit(batches, epochs=2, verbose=0).history["loss"]
    assert greatest_change(before, model) == 0.0
    again = TrainingPlan(len(texts), batch_size=8, epochs=10, learning_rate=3e-3)
    fresh = [FreshOptimizer(again), log]
    loss = model.fit(batches, epochs=10, verbose=0, callbacks=fresh).history["loss"]
    assert greatest_change(before, model) > 0
    assert loss[-1] < stuck[-1]
    steps, rates = rows_of(log.path)
    assert steps == list(range(again.updates))
    np.testing.assert_allclose(rates, again.learning_rate_at(np.array(steps)), rtol=1e-6)


def test_a_plain_model_from_a_keras_file_trains_again(tmp_path):
    schedule = WarmupPolynomialDecay(1e-2, decay_steps=12, warmup_steps=2)
    model = model_data(keras.optimizers.AdamW(schedule))
    fit(model, FIRST)
    model.save(tmp_path / "model.keras")

    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert greatest_change(model.get_weights(), loaded) == 0.0
    change, stuck = fit(loaded, SECOND)
    assert change == 0.0
    change, history = fit(loaded, SECOND, FreshOptimizer(SECOND))
    assert change > 0
    assert list(history) == ["accuracy", "loss"]
    assert history["loss"][-1] < stuck["loss"][-1]
    scores = loaded.evaluate(X, Y, verbose=0, return_dict=True)
    expected = np.mean(loaded.predict(X, verbose=0).argmax(axis=1) == Y)
    assert scores["accuracy"] == pytest.approx(expected)
    assert expected >= stuck["accuracy"][-1]


@pytest.mark.any_backend  # only the file matters
def test_a_saved_model_has_the_new_schedule(tmp_path):
    model = model_data()
    fit(model, FIRST)
    fit(model, SECOND, FreshOptimizer(SECOND))
    model.save(tmp_path / "model.keras")
    optimizer = keras.models.load_model(tmp_path / "model.keras").optimizer
    assert optimizer.get_config() == create_optimizer(SECOND).get_config()
    assert int(optimizer.iterations) == SECOND.updates
    pairs = zip(model.optimizer.variables, optimizer.variables, strict=True)
    for saved, loaded in pairs:
        if saved.name == "gradient_norm":  # of the last step, and not saved
            continue
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (saved, loaded)))


def test_moments_start_at_zero():
    model = model_data()
    fit(model, FIRST)
    FreshOptimizer(SECOND).set_model(model)
    for variable in model.optimizer.variables:
        if variable is not model.optimizer._learning_rate:
            assert not np.any(keras.ops.convert_to_numpy(variable)), variable.path


def test_the_accumulation_of_the_new_plan_is_used(tmp_path):
    plan = TrainingPlan(
        48, batch_size=8, epochs=4, learning_rate=2e-3, gradient_accumulation_steps=3
    )
    model = model_data()
    fit(model, FIRST)
    log = LearningRateLogger(tmp_path / "rates.csv")
    assert fit(model, plan, FreshOptimizer(plan), log)[0] > 0
    assert model.optimizer.gradient_accumulation_steps == 3
    assert int(model.optimizer.iterations) == plan.updates == 8
    expected = np.repeat(plan.learning_rate_at(np.arange(8)), 3)
    np.testing.assert_allclose(rows_of(log.path)[1], expected, rtol=1e-6)


@pytest.mark.any_backend  # only the settings matter
def test_a_plan_without_accumulation_turns_it_off():
    accumulating = TrainingPlan(
        48, batch_size=8, epochs=2, learning_rate=1e-2, gradient_accumulation_steps=2
    )
    model = model_data(create_optimizer(accumulating))
    fit(model, accumulating)
    fit(model, SECOND, FreshOptimizer(SECOND))
    assert model.optimizer.gradient_accumulation_steps is None
    assert int(model.optimizer.iterations) == SECOND.updates


@pytest.mark.any_backend  # only the calls matter
def test_another_optimizer_can_be_made_from_the_plan():
    asked = []

    def optimizer(plan):
        asked.append(plan)
        return keras.optimizers.SGD(plan.learning_rate, momentum=0.9)

    model = model_data()
    fit(model, FIRST)
    assert fit(model, SECOND, FreshOptimizer(SECOND, optimizer))[0] > 0
    assert asked == [SECOND]
    assert isinstance(model.optimizer, keras.optimizers.SGD)
    assert model.optimizer.momentum == 0.9


@pytest.mark.any_backend  # only the settings matter
def test_what_a_plan_does_not_say_stays():
    factors, average = [LayerDecay(0.5), GradualUnfreezing(0.5)], MovingAverage(0.9)
    before = create_optimizer(FIRST, weight_decay=0.1, rate_factors=factors, moving_average=average)
    model = model_data(before)
    fit(model, SECOND, FreshOptimizer(SECOND))
    after = model.optimizer
    assert after is not before
    assert after.rate_factors == (LayerDecay(0.5),)  # everything is unfrozen by now
    assert (after.use_ema, after.ema_momentum, after.weight_decay) == (True, 0.9, 0.1)
    assert int(after.iterations) == SECOND.updates
    model.compile("sgd", model.loss)
    fit(model, SECOND, FreshOptimizer(SECOND))
    assert model.optimizer.get_config() == create_optimizer(SECOND).get_config()


@pytest.mark.any_backend  # only the callback matters
def test_one_callback_resets_the_optimizer_in_each_fit(tmp_path):
    model, fresh = model_data(), FreshOptimizer(SECOND)
    log = LearningRateLogger(tmp_path / "rates.csv")
    changes = [fit(model, SECOND, fresh, log)[0] for _ in range(2)]
    assert min(changes) > 0
    steps, rates = rows_of(log.path)
    assert steps == [*range(18), *range(18)]
    assert rates[:18] == rates[18:]
    assert int(model.optimizer.iterations) == SECOND.updates


def test_a_scaled_loss_stays_scaled(tmp_path):
    scaled = keras.optimizers.LossScaleOptimizer
    model = model_data(scaled(create_optimizer(FIRST)))
    fit(model, FIRST)
    assert fit(model, SECOND)[0] == 0.0
    assert fit(model, SECOND, FreshOptimizer(SECOND))[0] > 0
    assert isinstance(model.optimizer, scaled)
    assert isinstance(model.optimizer.inner_optimizer, AdamW)
    assert int(model.optimizer.iterations) == SECOND.updates
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras").optimizer
    assert isinstance(loaded, scaled)
    inner = create_optimizer(SECOND).get_config()
    assert loaded.inner_optimizer.get_config() == inner


def test_a_model_that_is_not_yet_built():
    keras.utils.set_random_seed(7)
    model = keras.Sequential([keras.layers.Dense(2)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    fresh = FreshOptimizer(SECOND)
    for _ in range(2):
        before = model.get_weights()
        model.fit(X, Y, 8, SECOND.epochs, verbose=0, callbacks=[fresh])
        assert int(model.optimizer.iterations) == SECOND.updates
        assert not any(map(np.array_equal, before, model.get_weights()))


@pytest.mark.parametrize(
    "make",
    [
        lambda: FreshOptimizer("plan"),
        lambda: create_optimizer("adam"),
        lambda: PlanGuard(3),
        lambda: RunCheckpoint("run", {"epochs": 3}),
    ],
    ids=["fresh", "create", "guard", "checkpoint"],
)
def test_plan_must_be_a_training_plan(make):
    with pytest.raises(KbertError, match="`plan` must be a TrainingPlan. Received: (str|int|dict)"):
        make()


def test_an_optimizer_in_place_of_a_function_is_refused_at_once():
    with pytest.raises(KbertError, match="`optimizer` must be a function .* Received: Adam"):
        FreshOptimizer(SECOND, optimizer=keras.optimizers.Adam(1e-3))
