from dataclasses import dataclass

import keras
import numpy as np
import pytest
from keras import ops

from kbert import BertClassifier, InputError, LayerDecay, RDrop
from kbert.techniques.objective import Objective

pytestmark = pytest.mark.keras

TEXTS = ["A moving story.", "A dull mess.", "Funny and warm.", "Loud and empty."]
LABELS = np.array([1, 0, 1, 0], np.int32)


@dataclass(frozen=True)
class More(Objective):
    """Adds the loss again, `times` times."""

    times: float

    name = "more"

    def term(self, step):
        return self.times * step.loss_of(step.again())

    def told(self):
        return f"the loss {self.times} times more"


def trained(tiny_model, objectives=(), weights=None):
    """A model after one update by plain gradient descent without dropout, and its logs."""
    model = tiny_model(all_dropout=0.0)
    model.compile(keras.optimizers.SGD(0.5), objectives=objectives)
    history = model.fit(TEXTS, LABELS, sample_weight=weights, batch_size=4, verbose=0).history
    return model, {name: value for name, (value,) in history.items()}


def kernel(model):
    return ops.convert_to_numpy(model.get_layer("logits").kernel.value)


def test_terms_are_added_only_in_training(tiny_model):
    weights = np.array([1, 0, 2, 0.5], np.float32)
    before = kernel(tiny_model(all_dropout=0.0))
    plain, logs = trained(tiny_model, (), weights)
    assert "task_loss" not in logs
    twice, more = trained(tiny_model, [More(0.5), More(1.0)], weights)
    assert more["task_loss"] == pytest.approx(logs["loss"], rel=1e-5)
    assert more["loss"] == pytest.approx(2.5 * logs["loss"], rel=1e-5)
    moved = kernel(plain) - before
    np.testing.assert_allclose(kernel(twice) - before, 2.5 * moved, rtol=1e-3, atol=1e-7)
    evaluated = twice.evaluate(TEXTS, LABELS, verbose=0, return_dict=True)
    assert evaluated["task_loss"] == evaluated["loss"]


def test_a_saved_model_keeps_objectives(tiny_model, tmp_path):
    model = tiny_model()
    model.compile("adam", objectives=[RDrop(2.0)])
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "model.keras")
    again = BertClassifier.load(tmp_path / "model.keras")
    assert again.get_compile_config()["objectives"] == [{"technique": "r_drop", "alpha": 2.0}]
    assert "task_loss" in again.metrics_names
    model.compile("adam")
    assert "objectives" not in model.get_compile_config()
    assert "task_loss" not in model.metrics_names


@pytest.mark.parametrize("given", [1.0, LayerDecay(0.9)])
def test_objectives_must_add_to_the_loss(given, tiny_model):
    with pytest.raises(InputError, match="`objectives` takes techniques that add to the loss"):
        tiny_model().compile("adam", objectives=[given])
