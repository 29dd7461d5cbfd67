import pytest
from keras import ops

from kbert import Freeze, InputError, TrainingPlan, create_optimizer, read_examples

pytestmark = pytest.mark.keras


def test_frozen_weights_do_not_change(tiny_model, reviews):
    model = tiny_model(layers=2)
    assert Freeze(embeddings=True, layers=1)(model) is model
    before = {v.path: ops.convert_to_numpy(v.value).copy() for v in model.weights}
    train = read_examples(reviews, labels=model.labels)
    plan = TrainingPlan(examples=len(train), batch_size=8, epochs=1, learning_rate=1e-3)
    model.compile(create_optimizer(plan))
    model.fit(model.batches(train, plan), verbose=0)
    after = {v.path: ops.convert_to_numpy(v.value) for v in model.weights}
    frozen = {path for path in before if "embedding" in path or "transformer_layer_0/" in path}
    assert len(frozen) == 5 + 16  # three tables and a LayerNorm; six dense layers and two norms
    moved = {path for path, array in after.items() if (array != before[path]).any()}
    assert not moved & frozen
    assert {"transformer_layer_1/feedforward_output_dense/kernel", "logits/kernel"} <= moved


def test_more_layers_than_the_model_has_are_refused(tiny_model):
    message = r"The model has 2 layers, of which 3 cannot be frozen. Cure: kbert.Freeze\(layers=2\)"
    with pytest.raises(InputError, match=message):
        Freeze(layers=3)(tiny_model(layers=2))


def test_layers_below_0_are_refused():
    with pytest.raises(InputError, match="`layers` must be 0 or more. Received: -1"):
        Freeze(layers=-1)
