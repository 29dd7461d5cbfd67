from contextlib import ExitStack

import keras
import numpy as np
import pytest
from keras import ops

from kbert import (
    AdamW,
    BertAdam,
    Examples,
    GradualUnfreezing,
    InputError,
    Labels,
    LayerDecay,
    TrainingPlan,
    create_optimizer,
)
from kbert.config import TechniqueOptions

pytestmark = pytest.mark.keras

PATHS = [
    "token_embedding/embeddings",
    "transformer_layer_0/query/kernel",
    "transformer_layer_1/feedforward/kernel",
    "logits/bias",
]
FIRST = [6, 4, 2, 0]  # 6 * (3 - depth) // 3
DECAY, CLIP = 0.1, 0.5


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


def by_numpy(gradients, rates, epsilon, *, corrected):
    """Train each variable in a loop of its own, which begins with its first update."""
    weights = np.ones((len(PATHS), 3, 2))
    m, v = np.zeros_like(weights), np.zeros_like(weights)
    for update, gradient in enumerate(gradients):
        trained = [place for place, first in enumerate(FIRST) if update >= first]
        norm = np.sqrt(sum((gradient[place] ** 2).sum() for place in trained))
        for place in trained:
            g = gradient[place] * min(1, CLIP / norm)
            m[place] = 0.9 * m[place] + 0.1 * g
            v[place] = 0.999 * v[place] + 0.001 * g**2
            t = update - FIRST[place] + 1
            rate = rates[place] * (np.sqrt(1 - 0.999**t) / (1 - 0.9**t) if corrected else 1)
            weights[place] -= rates[place] * DECAY * weights[place]
            weights[place] -= rate * m[place] / (np.sqrt(v[place]) + epsilon)
    return weights


def trained(optimizer, gradients):
    """Train variables, and return them after each batch."""
    variables, steps = variables_of(PATHS), []
    optimizer.build(variables)
    for gradient in gradients:
        optimizer.apply([ops.convert_to_tensor(g) for g in gradient], variables)
        steps.append(np.stack([ops.convert_to_numpy(variable.value) for variable in variables]))
    return steps


@pytest.fixture(scope="module")
def gradients():
    return np.random.default_rng(0).normal(size=(9, len(PATHS), 3, 2)).astype("float32")


def made(kind, factors, **settings):
    return kind(
        1e-2,
        weight_decay=DECAY,
        global_clipnorm=CLIP,
        epsilon=1e-6,
        exclude=(),
        rate_factors=factors,
        **settings,
    )


@pytest.mark.parametrize("kind", [AdamW, BertAdam])
def test_each_layer_trains_as_if_it_began_with_its_first_update(kind, gradients):
    steps = trained(made(kind, [GradualUnfreezing(6)]), gradients)
    expected = by_numpy(gradients, [1e-2] * 4, 1e-6, corrected=kind is AdamW)
    np.testing.assert_allclose(steps[-1], expected, atol=2e-6)
    for place, first in enumerate(FIRST):
        moved = [(step[place] != 1).any() for step in steps]
        assert moved == [update >= first for update in range(len(gradients))]


def test_rates_of_layers_are_multiplied(gradients):
    factors = [LayerDecay(0.5), GradualUnfreezing(6)]
    steps = trained(made(AdamW, factors), gradients)
    expected = by_numpy(gradients, [1.25e-3, 2.5e-3, 5e-3, 1e-2], 1e-6, corrected=True)
    np.testing.assert_allclose(steps[-1], expected, atol=2e-6)


def test_batches_of_an_update_count_once(gradients):
    halves = np.repeat(gradients, 2, axis=0)  # two batches whose mean is the gradient
    factors = [GradualUnfreezing(6)]
    steps = trained(made(AdamW, factors, gradient_accumulation_steps=2), halves)
    expected = by_numpy(gradients, [1e-2] * 4, 1e-6, corrected=True)
    np.testing.assert_allclose(steps[-1], expected, atol=2e-6)


def test_a_config_keeps_gradual_unfreezing():
    optimizer = AdamW(1e-3, rate_factors=[GradualUnfreezing(6)])
    assert AdamW.from_config(optimizer.get_config()).rate_factors == (GradualUnfreezing(6),)


def test_a_share_of_the_updates_is_at_least_one_update():
    plan = TrainingPlan(examples=100, batch_size=10, epochs=1)
    asked = GradualUnfreezing.asked_by(TechniqueOptions(gradual_unfreezing=0.001))
    assert asked.in_plan(plan) == GradualUnfreezing(1)
    (factor,) = create_optimizer(plan, rate_factors=[GradualUnfreezing(0.35)]).rate_factors
    assert factor == GradualUnfreezing(4)
    with pytest.raises(InputError, match="needs a plan. Received: GradualUnfreezing\\(0.5\\)"):
        trained(AdamW(1e-3, rate_factors=[GradualUnfreezing(0.5)]), np.ones((1, 4, 3, 2)))


@pytest.mark.parametrize("share", [-0.1, 1, float("nan")])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(InputError, match="must be at least 0 and below 1. Received: "):
        TechniqueOptions(gradual_unfreezing=share)


def test_more_updates_than_a_plan_has_are_refused():
    plan = TrainingPlan(examples=100, batch_size=10, epochs=1)
    with pytest.raises(
        InputError, match=r"held for 10 updates, and the plan has 10.*freezing\(0.5\)"
    ):
        create_optimizer(plan, rate_factors=[GradualUnfreezing(10)])


@pytest.mark.parametrize("updates", [0, 1.5])
def test_an_invalid_number_of_updates_is_refused(updates):
    with pytest.raises(InputError, match="`updates` must be"):
        GradualUnfreezing(updates)


def test_a_compiled_fit_holds_what_is_not_unfrozen_yet(tiny_model):
    """Of 6 updates, 2 train the head alone, 2 the layer too, and 2 everything."""
    plan = TrainingPlan(4, batch_size=4, epochs=6, learning_rate=1e-3, warmup_proportion=0.0)
    model = tiny_model(all_dropout=0.0)
    model.compile(optimizer=create_optimizer(plan, rate_factors=[GradualUnfreezing(4)]))
    kernels = {
        "embeddings": model.backbone.get_layer("token_embedding").embeddings,
        "layer": model.backbone.transformer_layers[0].weights[0],
        "head": next(v for v in model.trainable_variables if v.path.startswith("logits/")),
    }
    texts = ["a good film", "a dull film", "warm and good", "dull"]
    examples = Examples(texts, label_ids=[1, 0, 1, 0], labels=Labels(["bad", "good"]))
    batch = model.batches(examples, batch_size=4)[0]
    moved = []
    for _ in range(6):
        before = {name: ops.convert_to_numpy(v.value).copy() for name, v in kernels.items()}
        model.fit(*batch, batch_size=4, verbose=0)
        after = {name: ops.convert_to_numpy(v.value) for name, v in kernels.items()}
        moved.append([name for name in kernels if (before[name] != after[name]).any()])
    assert moved == [["head"]] * 2 + [["layer", "head"]] * 2 + [["embeddings", "layer", "head"]] * 2
