from contextlib import ExitStack

import keras
import numpy as np
import pytest
from keras import ops

from kbert import (
    AdamW,
    BertAdam,
    Examples,
    InputError,
    Labels,
    LayerDecay,
    TrainingPlan,
    create_optimizer,
)
from kbert.techniques.rate_factor import variable_depths

pytestmark = pytest.mark.keras

PATHS = {
    "token_embedding/embeddings": 0,
    "embeddings_layer_norm/gamma": 0,
    "transformer_layer_0/query/kernel": 1,
    "transformer_layer_1/feedforward/bias": 2,
    "pooled_dense/kernel": 3,
    "logits/bias": 3,
}


def variables_of(paths):
    """Variables with these paths, like those of a model's layers."""
    found = []
    for path in paths:
        *scopes, name = path.split("/")
        with ExitStack() as scope:
            for name_of_scope in scopes:
                scope.enter_context(keras.name_scope(name_of_scope))
            found.append(keras.Variable(np.ones((3, 2), "float32"), name=name))
    return found


def moved(optimizer, updates=5, each=1):
    """How far each variable moves with gradients that are the same for every optimizer."""
    variables = variables_of(PATHS)
    assert [variable.path for variable in variables] == [*PATHS]
    optimizer.build(variables)
    random = np.random.default_rng(0)
    for _ in range(updates * each):
        gradients = random.normal(size=(len(variables), 3, 2)).astype("float32")
        optimizer.apply([ops.convert_to_tensor(g) for g in gradients], variables)
    return np.stack([1 - ops.convert_to_numpy(variable.value) for variable in variables])


@pytest.mark.parametrize("kind", [AdamW, BertAdam])
def test_each_layer_moves_by_its_share(kind):
    plain = moved(kind(1e-3, exclude=["."]))
    decayed = moved(kind(1e-3, exclude=["."], rate_factors=[LayerDecay(0.5)]))
    shares = np.array([0.125, 0.125, 0.25, 0.5, 1, 1])  # 0.5 ** (3 - depth)
    np.testing.assert_allclose(decayed, plain * shares[:, None, None], atol=1e-6)


def test_weight_decay_follows_the_rate():
    # Adam's first update is rate * sign(gradient) except for epsilon; the decay is rate * 0.1.
    first = moved(AdamW(1e-2, weight_decay=0.1, exclude=(), rate_factors=[LayerDecay(0.5)]), 1)
    plain = moved(AdamW(1e-2, weight_decay=0.1, exclude=()), 1)
    shares = np.array([0.125, 0.125, 0.25, 0.5, 1, 1])
    np.testing.assert_allclose(first, plain * shares[:, None, None], atol=1e-6)
    none = moved(AdamW(1e-2, weight_decay=0.1, exclude=["."], rate_factors=[LayerDecay(0.5)]), 1)
    np.testing.assert_allclose((first - none)[:, 0, 0], 1e-3 * shares, atol=1e-6)


def test_batches_of_an_update_count_once():
    plan = TrainingPlan(examples=40, batch_size=4, epochs=2, gradient_accumulation_steps=2)
    plain = moved(create_optimizer(plan, weight_decay=0.0), each=2)
    decayed = moved(
        create_optimizer(plan, weight_decay=0.0, rate_factors=[LayerDecay(0.5)]), each=2
    )
    shares = np.array([0.125, 0.125, 0.25, 0.5, 1, 1])
    np.testing.assert_allclose(decayed, plain * shares[:, None, None], atol=1e-6)


def test_a_config_keeps_layer_decay():
    optimizer = AdamW(1e-3, rate_factors=[LayerDecay(0.5)])
    again = AdamW.from_config(optimizer.get_config())
    assert again.rate_factors == (LayerDecay(0.5),)
    assert "rate_factors" not in AdamW(1e-3).get_config()


@pytest.mark.parametrize("given", [0.9, {"technique": "freeze", "layers": 2}])
def test_rate_factors_must_change_rates(given):
    with pytest.raises(InputError, match="`rate_factors` takes techniques that change learning"):
        AdamW(1e-3, rate_factors=[given])


@pytest.mark.parametrize("decay", [0, -0.5, 1.1, float("nan")])
def test_a_decay_out_of_range_is_refused(decay):
    with pytest.raises(InputError, match="must be above 0 and at most 1. Received: "):
        LayerDecay(decay)


def test_a_compiled_fit_moves_each_layer_by_its_share(tiny_model):
    plan = TrainingPlan(4, batch_size=4, epochs=2, learning_rate=1e-3, warmup_proportion=0.0)
    model = tiny_model(layers=2, all_dropout=0.0)
    optimizer = create_optimizer(plan, weight_decay=0.0, rate_factors=[LayerDecay(0.5)])
    model.compile(optimizer=optimizer)
    variables = model.trainable_variables
    before = [ops.convert_to_numpy(variable.value).copy() for variable in variables]
    texts = ["a good film", "a dull film", "warm and good", "dull"]
    examples = Examples(texts, label_ids=[1, 0, 1, 0], labels=Labels(["bad", "good"]))
    model.fit(*model.batches(examples, batch_size=4)[0], batch_size=4, verbose=0)
    moved = dict.fromkeys(range(4), 0.0)
    depths = variable_depths([variable.path for variable in variables])
    for old, variable, depth in zip(before, variables, depths, strict=True):
        change = float(np.abs(ops.convert_to_numpy(variable.value) - old).max())
        moved[depth] = max(moved[depth], change)
    # Adam's first update is rate * sign(gradient), where the gradient is far above epsilon.
    rate = plan.learning_rate_at(0)
    expected = [rate / 8, rate / 4, rate / 2, rate]
    np.testing.assert_allclose([*moved.values()], expected, rtol=0.02)
