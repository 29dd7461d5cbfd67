import keras
import numpy as np
import pytest
from keras import ops

from kbert.backend.lora_internals import enable_lora, lora_parts

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]  # same variables on each


def test_lora_parts_of_each_layer_reproduce_its_kernel():
    inputs = keras.Input((5,), dtype="int32")
    words = keras.layers.Embedding(9, 4)
    hidden = keras.layers.EinsumDense("abc,cde->abde", output_shape=(None, 2, 6))
    outputs = keras.layers.Dense(3)
    model = keras.Model(inputs, outputs(hidden(words(inputs))))
    assert [*lora_parts(model)] == []
    outputs.enable_lora(2, lora_alpha=6)
    hidden.enable_lora(3)
    words.enable_lora(1)
    random = np.random.default_rng(0)
    found = list(lora_parts(model))
    for parts, own in zip(found, (words.embeddings, hidden.kernel, outputs.kernel), strict=True):
        values = [random.normal(size=v.shape).astype("float32") for v in (parts.a, parts.b)]
        parts.a.assign(values[0])
        parts.b.assign(values[1])
        base = ops.convert_to_numpy(parts.base.value)
        assert base.shape == own.shape
    for parts, layer in zip(found, (words, hidden, outputs), strict=True):
        own = layer.embeddings if layer is words else layer.kernel
        merged = parts.merged(
            *(ops.convert_to_numpy(v.value) for v in (parts.base, parts.a, parts.b))
        )
        assert merged.dtype == "float32"
        np.testing.assert_allclose(merged, ops.convert_to_numpy(own), rtol=1e-6, atol=1e-6)
    assert [parts.scale for parts in found] == [1, 1, 3]


def test_enable_lora_trains_only_its_matrices(tiny_model):
    backbone = tiny_model(layers=2).backbone
    enable_lora(backbone, 4, 8.0)
    assert {v.path.split("/")[-1] for v in backbone.trainable_variables} == {
        "lora_kernel_a",
        "lora_kernel_b",
    }
    assert len(backbone.trainable_variables) == 2 * 2 * 2
    assert [parts.scale for parts in lora_parts(backbone)] == [2.0] * 4
