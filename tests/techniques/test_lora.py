"""LoRA: its arithmetic is compared with that of models without it."""

import keras
import numpy as np
import pytest
from keras import ops
from outputs import outputs_of

from kbert import (
    BertClassifier,
    Freeze,
    InputError,
    LoRA,
    PlanGuard,
    Reinitialize,
    TrainingPlan,
    create_optimizer,
    read_examples,
)
from kbert.data.padding import pad

pytestmark = pytest.mark.keras

TEXTS = ["A moving story, beautifully told.", "dull", "not a single good scene in it"]
KERNELS = [
    f"transformer_layer_{layer}/self_attention_layer/{part}/kernel"
    for layer in (0, 1)
    for part in ("query", "value")
]


def values_of(model):
    return {v.path: ops.convert_to_numpy(v.value).copy() for v in model.weights}


def uneven(model):
    for variable in model.weights:
        noise = np.random.default_rng(len(variable.path)).normal(0, 0.2, variable.shape)
        variable.assign(variable + noise.astype("float32"))
    return model


@pytest.fixture
def pair(tiny_model):
    """A model with LoRA whose matrices are far from zero, and one with kernels merged by hand."""
    model = LoRA(rank=3, alpha=6)(uneven(tiny_model(layers=2, all_dropout=0.0)))
    uneven(model)
    values = values_of(model)
    plain = tiny_model(layers=2, all_dropout=0.0)
    for variable in plain.weights:
        variable.assign(values[variable.path])
        if variable.path in KERNELS:
            a, b = (values[variable.path.replace("kernel", f"lora_kernel_{of}")] for of in "ab")
            change = np.einsum("dhr,rk->dhk", a, b)
            assert np.abs(change).max() > 0.05
            variable.assign(values[variable.path] + 6 / 3 * change)
    return model, plain


@pytest.fixture
def inputs(tiny_model):
    return pad(tiny_model().tokenizer.encode(TEXTS, None, max_length=16), 16)


def test_the_product_is_added_to_queries_and_values(pair, inputs):
    model, plain = pair
    expected = outputs_of(plain, inputs)
    assert expected.std() > 0.05
    np.testing.assert_allclose(outputs_of(model, inputs), expected, rtol=0, atol=2e-5)
    graph = keras.Model(model.inputs, model.outputs)  # Keras's own layers
    np.testing.assert_allclose(graph.predict(inputs, verbose=0), expected, rtol=0, atol=2e-5)


def test_an_update_moves_matrix_b_by_the_gradient_of_the_kernel(tiny_model, inputs):
    """While `b` is zero, its gradient is alpha / rank * a.T @ gradient, and that of `a` is zero."""
    moved = []
    for change in (lambda model: model, LoRA(rank=3, alpha=6)):
        model = change(uneven(tiny_model(layers=2, all_dropout=0.0)))
        before = values_of(model)
        model.compile(keras.optimizers.SGD(0.1))
        model.fit(inputs, np.array([0, 1, 1]), batch_size=3, verbose=0)
        after = values_of(model)
        moved.append({path: (after[path] - before[path]) / -0.1 for path in before})
    plain, lora = moved
    for kernel in KERNELS:
        a, b = (kernel.replace("kernel", f"lora_kernel_{of}") for of in "ab")
        expected = 6 / 3 * np.einsum("dhr,dhk->rk", before[a], plain[kernel])
        assert np.abs(expected).max() > 1e-3
        np.testing.assert_allclose(lora[b], expected, rtol=0.01, atol=3e-5)
        assert not lora[a].any()
    trained = {path for path, change in lora.items() if change.any()}
    assert trained == {
        *(kernel.replace("kernel", "lora_kernel_b") for kernel in KERNELS),
        *("pooled_dense/kernel", "pooled_dense/bias", "logits/kernel", "logits/bias"),
    }


@pytest.mark.any_backend
def test_saved_models_are_merged(tiny_model, reviews, tmp_path):
    model = LoRA(rank=2)(tiny_model(layers=2))
    train = read_examples(reviews, labels=model.labels)
    plan = TrainingPlan(examples=len(train), batch_size=8, epochs=1, learning_rate=1e-2)
    model.compile(create_optimizer(plan))
    model.fit(model.batches(train, plan), verbose=0)
    expected = model.predict_proba(TEXTS)
    model.save_to(tmp_path / "folder")
    model.save(tmp_path / "model.keras")
    model.calibrate(model.batches(train))
    for path in ("folder", "model.keras"):
        loaded = BertClassifier.load(tmp_path / path)
        assert len(loaded.trainable_variables) == len(loaded.weights) == len(model.weights) - 8
        np.testing.assert_allclose(loaded.predict_proba(TEXTS), expected, rtol=0, atol=1e-6)


@pytest.mark.any_backend
def test_without_a_pooler_only_lora_and_the_head_are_trained(tiny_model):
    model = LoRA(rank=2)(tiny_model(pooling="mean"))
    assert {v.path.split("/")[0] for v in model.trainable_variables} == {
        "transformer_layer_0",
        "logits",
    }


@pytest.mark.any_backend
def test_invalid_settings_and_models_are_refused(tiny_model):
    with pytest.raises(InputError, match="`rank` must be 1 or more. Received: 0"):
        LoRA(rank=0)
    with pytest.raises(InputError, match="`alpha` must be above 0. Received: -1"):
        LoRA(rank=2, alpha=-1)
    with pytest.raises(
        InputError, match="Each attention head of the model has 16 numbers, so LoRA"
    ):
        LoRA(rank=16)(tiny_model())
    for change in (LoRA(rank=2), Freeze(layers=1), Reinitialize(layers=1)):
        with pytest.raises(InputError, match=rf"has LoRA, .* {type(change).__name__} cannot be"):
            change(LoRA(rank=2)(tiny_model()))
    with pytest.raises(InputError, match="Layers of the model are frozen, and LoRA would train"):
        LoRA(rank=2)(Freeze(layers=1)(tiny_model()))


@pytest.mark.any_backend
@pytest.mark.parametrize(("rate", "reported"), [(5e-5, True), (1e-3, False), (5e-2, True)])
def test_the_guard_knows_the_rates_of_lora(rate, reported, tiny_model, capsys):
    texts, labels = ["good film", "bad film"] * 48, ["good", "bad"] * 48
    plan = TrainingPlan(len(texts), batch_size=8, epochs=1, learning_rate=rate)
    model = LoRA(rank=2)(tiny_model())
    model.compile(create_optimizer(plan))
    allow = ["too-few-updates", "class-sorted"]
    guard = PlanGuard(plan, allow=allow)
    model.fit(texts, labels, batch_size=8, verbose=0, callbacks=[guard])
    assert ("unusual-rate" in [finding.code for finding in guard.findings]) == reported
    assert ("the 1e-4 to 1e-2 that train LoRA" in capsys.readouterr().out) == reported
