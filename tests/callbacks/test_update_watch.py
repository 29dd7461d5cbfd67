"""How much an update changes the weights: what is healthy, and what is reported."""

import keras
import numpy as np
import pytest

from kbert import AdamW, GradualUnfreezing, TrainingPlan
from kbert.callbacks.watches.update_watch import UpdateWatch

pytestmark = pytest.mark.keras

PLAN = TrainingPlan(96, batch_size=8, epochs=2, learning_rate=1e-3)


def model_of(*layers, rate=1e-3):
    model = keras.Sequential([keras.Input((4,)), *layers])
    model.compile(keras.optimizers.SGD(rate), "mse")
    for variable in model.weights:
        variable.assign(np.ones(variable.shape))
    return model


def scale(factor, *, only=None):
    """Return a change that multiplies all weights, or those whose path contains `only`."""

    def change(model):
        for variable in model.trainable_variables:
            if only is None or only in variable.path:
                variable.assign(variable * factor)

    return change


def found(model, change, update=5, plan=PLAN):
    watch = UpdateWatch(model, plan)
    watch.before(model)
    change(model)
    return watch.after(update)


def nothing(model):
    """Change no weight."""


@pytest.mark.parametrize("factor", [1 + 1e-3, 1 - 1e-3, 1.049, 1 + 2e-6])
def test_a_healthy_update_is_not_reported(factor):
    assert found(model_of(keras.layers.Dense(3)), scale(factor)) == []


@pytest.mark.parametrize(("factor", "size"), [(1.1, "0.1"), (0.5, "0.5"), (-1.0, "2")])
def test_an_oversized_update_is_reported_with_its_cure(factor, size):
    (finding,) = found(model_of(keras.layers.Dense(3), rate=1e-3), scale(factor))
    assert (finding.code, finding.severity) == ("update-ratio", "warning")
    assert finding.message == (
        f"Update 5 changed the weights by {size} of their size at learning rate 0.001; healthy is "
        "1e-06 to 0.05."
    )
    # The size follows the rate, and 1e-3 is usual.
    expected = 1e-3 * 1e-3 / float(size)
    assert finding.cure.settings == {"learning_rate": pytest.approx(expected, rel=1e-6)}


def test_an_undersized_update_is_reported_only_near_the_peak():
    for rate, codes in ((1e-3, ["update-ratio"]), (5.1e-4, ["update-ratio"]), (4.9e-4, [])):
        model = model_of(keras.layers.Dense(3), rate=rate)
        assert [finding.code for finding in found(model, scale(1 + 5e-7))] == codes
    (finding,) = found(model_of(keras.layers.Dense(3)), scale(1 + 5e-7))
    assert finding.cure.settings == {"learning_rate": 1e-2}


def test_the_median_of_the_kernels_is_judged():
    layers = [keras.layers.Dense(4, name=name) for name in ("one", "two", "three")]
    model = model_of(*layers)
    # One of three changes too much, then two.
    assert found(model, lambda model: (scale(1.5, only="one")(model), scale(1.001)(model))) == []
    (finding,) = found(
        model,
        lambda model: (
            scale(1.5, only="one")(model),
            scale(1.5, only="two")(model),
            scale(1.001, only="three")(model),
        ),
    )
    assert "by 0.5 of their size" in finding.message


@pytest.mark.parametrize("layer", ["bias", "logits/kernel", "embeddings"])
def test_biases_new_heads_and_word_embeddings_are_not_judged(layer):
    words = keras.layers.Embedding(4001, 1000, name="embeddings")  # just above 4,000,000
    inputs = keras.Input((4,), dtype="int32")
    hidden = keras.layers.Dense(4, name="hidden")(words(inputs))
    outputs = keras.layers.Dense(2, name="logits")(hidden)
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.SGD(1e-3), "mse")
    for variable in model.weights:
        variable.assign(np.ones(variable.shape))

    def change(model):
        scale(3.0, only=layer)(model)
        scale(1.001, only="hidden/kernel")(model)

    assert found(model, change) == []


def test_lora_is_judged_by_what_it_adds_to_the_kernel():
    """Its own matrices are new, and one of them is zero at first; so is the head."""
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(4, name="hidden")
    model = keras.Model(inputs, keras.layers.Dense(2, name="logits")(hidden(inputs)))
    model.compile(keras.optimizers.SGD(1e-3), "mse")
    hidden.kernel.assign(np.ones(hidden.kernel.shape))
    hidden.enable_lora(2)
    first, second = hidden.lora_kernel_a, hidden.lora_kernel_b
    first.assign(np.ones(first.shape))

    def set_second(value):
        def change(model):
            scale(3.0, only="logits")(model)
            second.assign(np.full(second.shape, value))

        return change

    assert found(model, set_second(0.02)) == []  # by 2 * 0.02 of a kernel of ones
    (finding,) = found(model, set_second(0.06))  # and from there by 2 * 0.04 of 1.04
    assert "by 0.077 of their size" in finding.message


def test_unchanged_kernels_are_reported():
    model = model_of(keras.layers.Dense(3), keras.layers.Dense(2))
    (finding,) = found(model, nothing)
    assert (finding.code, finding.severity) == ("weights-unchanged", "warning")
    assert finding.message == (
        "Update 5 changed none of the 2 kernels checked, at learning rate 0.001."
    )
    # One that changes is enough.
    assert "weights-unchanged" not in [
        f.code for f in found(model, lambda model: model.layers[0].kernel.assign(np.zeros((4, 3))))
    ]


def test_at_most_eight_kernels_from_first_to_last_are_checked():
    model = model_of(*[keras.layers.Dense(4, name=f"layer_{n:02}") for n in range(20)])
    (finding,) = found(model, nothing)
    assert "none of the 8 kernels" in finding.message
    for name in ("layer_00", "layer_19"):
        codes = [f.code for f in found(model, scale(1.001, only=name))]
        assert "weights-unchanged" not in codes


def test_without_kernels_other_weights_are_checked():
    model = model_of(keras.layers.LayerNormalization())
    (finding,) = found(model, scale(1.1))
    assert "by 0.1 of their size" in finding.message


def test_a_rate_of_zero_is_reported_except_in_the_first_update():
    """The warmup of the recipe "google" begins with 0."""
    model = model_of(keras.layers.Dense(3), rate=0.0)
    (finding,) = found(model, nothing, update=1234)
    assert (finding.code, finding.severity) == ("rate-zero", "warning")
    assert finding.message == "Update 1,234 had learning rate 0 and changed nothing."
    assert found(model, nothing, update=0) == []


def test_changes_before_the_watch_are_not_judged():
    model = model_of(keras.layers.Dense(3))
    watch = UpdateWatch(model, PLAN)
    scale(9.0)(model)
    assert watch.after(3) == []


def test_frozen_weights_are_reported():
    model = model_of(keras.layers.Dense(3))
    model.trainable = False
    (finding,) = found(model, nothing)
    assert finding.code == "weights-unchanged"
    assert finding.message == "No weight is trainable, so updates change nothing."


@pytest.mark.parametrize(("update", "changed"), [(9, "0.1"), (10, "0.05")])
def test_kernels_that_are_still_held_are_not_judged(update, changed):
    """The layer is held for the first 10 of 20 updates."""
    layers = [keras.layers.Dense(4, name=name) for name in ("transformer_layer_0", "pooled_dense")]
    model = model_of(*layers)
    model.optimizer = AdamW(1e-3, rate_factors=[GradualUnfreezing(20)])
    (finding,) = found(model, scale(1.1, only="pooled_dense"), update)
    assert f"changed the weights by {changed} of their size" in finding.message
    codes = [one.code for one in found(model, scale(1.1, only="bias"), update)]
    assert codes == ["weights-unchanged"]
