import math
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kbert import AdamW, Batches, BertAdam, TrainingPlan, create_optimizer, read_examples
from kbert.optimizers.weight_decay import excluded_from_decay

pytestmark = pytest.mark.keras

PLAN = {"examples": 40, "batch_size": 4, "epochs": 3}
DENSE = [
    *(f"self_attention_layer/{part}" for part in ("query", "key", "value", "attention_output")),
    "feedforward_intermediate_dense",
    "feedforward_output_dense",
]
DECAYED = {
    "token_and_position_embedding/token_embedding/embeddings",
    "token_and_position_embedding/position_embedding/embeddings",
    "segment_embedding/embeddings",
    *(f"transformer_layer_{layer}/{dense}/kernel" for layer in (0, 1) for dense in DENSE),
    "pooled_dense/kernel",
    "logits/kernel",
}


@pytest.mark.parametrize("recipe", ["recommended", "google"])
def test_decays_all_but_biases_and_layer_norms(tiny_model, recipe):
    model = tiny_model()
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
def test_is_what_the_recipe_says(recipe, kind, epsilon, first, at_warmup):
    plan = TrainingPlan(**PLAN, recipe=recipe, learning_rate=1e-4)
    optimizer = create_optimizer(plan)
    assert type(optimizer) is kind
    assert (optimizer.weight_decay, optimizer.global_clipnorm) == (0.01, 1.0)
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.9, 0.999, epsilon)
    assert optimizer.gradient_accumulation_steps is None
    rates = optimizer._learning_rate.simulate(31)
    np.testing.assert_allclose(rates[[0, 3, 30]], [first, at_warmup, 0], rtol=1e-6)


def test_arguments_over_the_defaults():
    optimizer = create_optimizer(TrainingPlan(**PLAN), weight_decay=0.2, global_clipnorm=None)
    assert (optimizer.weight_decay, optimizer.global_clipnorm) == (0.2, None)


def test_schedule_has_the_end_and_the_power_of_the_plan():
    plan = TrainingPlan(**PLAN, end_learning_rate=1e-5, power=2.0, accumulation=3)
    schedule = create_optimizer(plan)._learning_rate
    expected = np.repeat(plan.learning_rate_at(np.arange(plan.updates)), 3)
    np.testing.assert_allclose(schedule.simulate(plan.batches), expected, rtol=1e-6)


@pytest.mark.parametrize("recipe", ["recommended", "google"])
def test_accumulated_batches_equal_one_large_batch(tiny_model, sentences, recipe):
    texts, labels = (part[:8] + part[-8:] for part in sentences)
    examples = read_examples((texts, labels))
    weights, rates = [], []
    for size, accumulation in ((8, 1), (2, 4)):
        model = tiny_model(all_dropout=0.0)
        # Given order, so that each large batch holds the rows of four small ones.
        plan = TrainingPlan(16, size, 2, accumulation=accumulation, recipe=recipe)
        model.compile(create_optimizer(plan))
        store = model.batches(examples).store
        batches = Batches(store, size, order="given")
        batches._batch_widths = [16] * len(batches)
        seen = []
        log = keras.callbacks.LambdaCallback(
            on_train_batch_begin=lambda batch, logs, model=model, seen=seen: seen.append(
                float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
            )
        )
        model.fit(batches, epochs=2, verbose=0, callbacks=[log])
        weights.append({w.path: keras.ops.convert_to_numpy(w.value) for w in model.weights})
        rates.append(seen)
        assert math.isclose(plan.updates, 4)
    np.testing.assert_allclose(rates[1], np.repeat(rates[0], 4), rtol=1e-6)
    large, small = weights
    for path in large:
        # A key's bias moves no softmax: its gradient is rounding, which Adam blows up.
        if not path.endswith("key/bias"):
            np.testing.assert_allclose(small[path], large[path], atol=1e-6, rtol=0, err_msg=path)
