from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kbert import AdamW, BertAdam, TrainingPlan, create_optimizer
from kbert.optimizers.weight_decay import excluded_from_decay

pytestmark = pytest.mark.keras

PLAN = {"examples": 40, "batch_size": 4, "epochs": 3}
DENSE = [
    *(f"self_attention_layer/{part}" for part in ("query", "key", "value", "attention_output")),
    "feedforward_intermediate_dense",
    "feedforward_output_dense",
]
DECAYED = {
    "token_embedding/embeddings",
    "position_embedding/embeddings",
    "segment_embedding/embeddings",
    *(f"transformer_layer_{layer}/{dense}/kernel" for layer in (0, 1) for dense in DENSE),
    "pooled_dense/kernel",
    "logits/kernel",
}


@pytest.mark.parametrize("recipe", ["recommended", "google"])
def test_decays_all_but_biases_and_layer_norms(tiny_model, recipe):
    model = tiny_model(layers=2)
    model.compile(create_optimizer(TrainingPlan(**PLAN, recipe=recipe)))
    variables = model.trainable_variables
    model.optimizer.build(variables)
    decayed = {v.path for v in variables if model.optimizer._use_weight_decay(v)}
    assert decayed == DECAYED
    left = [v.path for v in variables if v.path not in DECAYED]
    # Biases of 12 dense layers, pooler and head; gamma and beta of 1 + 2 * 2 LayerNorms.
    assert len(left) == 14 + 10
    assert all(path.endswith("/bias") or "layer_norm/" in path for path in left)


@pytest.mark.parametrize(
    ("path", "excluded"),
    [
        ("transformer_layer_0/self_attention_layer_norm/gamma", True),
        ("bert/embeddings/LayerNorm/beta", True),
        ("block/layernorm/gamma", True),
        ("dense/bias", True),
        ("bias", True),
        ("dense/kernel", False),
        ("debias/kernel", False),
        ("bias_net/kernel", False),
        ("embeddings", False),
        ("batch_normalization/gamma", False),
    ],
)
def test_excluded_by_path(path, excluded):
    variable = SimpleNamespace(path=path)
    assert excluded_from_decay([variable]) == ([variable] if excluded else [])


def test_no_patterns_exclude_nothing():
    assert excluded_from_decay([SimpleNamespace(path="dense/bias")], ()) == []


@pytest.mark.parametrize(
    ("recipe", "kind", "epsilon", "first", "at_warmup"),
    [
        ("recommended", AdamW, 1e-8, 0.25e-4, 1e-4),
        ("google", BertAdam, 1e-6, 0.0, 0.9e-4),
    ],
)
def test_optimizer_follows_the_recipe(recipe, kind, epsilon, first, at_warmup):
    plan = TrainingPlan(**PLAN, recipe=recipe, learning_rate=1e-4)
    optimizer = create_optimizer(plan)
    assert type(optimizer) is kind
    assert (optimizer.weight_decay, optimizer.global_clipnorm) == (0.01, 1.0)
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.9, 0.999, epsilon)
    assert optimizer.gradient_accumulation_steps is None
    rates = optimizer._learning_rate.simulate(31)
    np.testing.assert_allclose(rates[[0, 3, 30]], [first, at_warmup, 0], rtol=1e-6)


def test_arguments_override_the_defaults():
    optimizer = create_optimizer(TrainingPlan(**PLAN), weight_decay=0.2, global_clipnorm=None)
    assert (optimizer.weight_decay, optimizer.global_clipnorm) == (0.2, None)


def test_schedule_has_the_end_and_the_power_of_the_plan():
    plan = TrainingPlan(**PLAN, end_learning_rate=1e-5, power=2.0, gradient_accumulation_steps=3)
    schedule = create_optimizer(plan)._learning_rate
    expected = np.repeat(plan.learning_rate_at(np.arange(plan.updates)), 3)
    np.testing.assert_allclose(schedule.simulate(plan.batches), expected, rtol=1e-6)


class _Rates(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.seen = []

    def on_train_batch_begin(self, batch, logs=None):
        self.seen.append(float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)))


@pytest.mark.parametrize("recipe", ["recommended", "google"])
def test_accumulated_batches_equal_one_large_batch(recipe):
    random = np.random.default_rng(0)
    x, y = random.normal(size=(16, 5)).astype("float32"), np.arange(16) % 3
    weights, rates = [], []
    for size, gradient_accumulation_steps in ((8, 1), (2, 4)):
        plan = TrainingPlan(
            16,
            size,
            3,
            1e-2,
            gradient_accumulation_steps=gradient_accumulation_steps,
            recipe=recipe,
        )
        assert plan.updates == 6
        keras.utils.set_random_seed(1)
        layers = [keras.layers.Dense(4, activation="tanh"), keras.layers.LayerNormalization()]
        model = keras.Sequential([keras.Input((5,)), *layers, keras.layers.Dense(3)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(create_optimizer(plan), loss)
        log = _Rates()
        # Unshuffled, so that each large batch holds the rows of four small ones.
        model.fit(x, y, size, epochs=3, shuffle=False, verbose=0, callbacks=[log])
        weights.append([keras.ops.convert_to_numpy(w.value) for w in model.weights])
        rates.append(log.seen)
    expected = plan.learning_rate_at(np.arange(6))
    np.testing.assert_allclose(rates[0], expected, rtol=1e-6)
    np.testing.assert_allclose(rates[1], np.repeat(expected, 4), rtol=1e-6)
    for large, small in zip(*weights, strict=True):
        np.testing.assert_allclose(small, large, atol=1e-6, rtol=0)
