import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import expit, softmax
from scipy.stats import entropy

from kbert import InputError, RDrop
from kbert.targets.known_targets import target_of
from kbert.techniques.training_step import TrainingStep

pytestmark = pytest.mark.keras

FIRST = np.array([[2.0, 0.0, -1.0], [0.0, 1.0, 0.5]], np.float32)
SECOND = np.array([[1.0, 0.5, -1.0], [0.0, -1.0, 2.0]], np.float32)
WEIGHTS = np.array([1.0, 0.5], np.float32)


def of_classes(first, second):
    p, q = softmax(first, axis=-1), softmax(second, axis=-1)
    return [(entropy(a, b) + entropy(b, a)) / 2 for a, b in zip(p, q, strict=True)]


def of_labels(first, second):
    p, q = (np.stack([expit(x), 1 - expit(x)], axis=-1) for x in (first, second))
    both = entropy(p, q, axis=-1) + entropy(q, p, axis=-1)
    return both.mean(axis=1) / 2


def of_numbers(first, second):
    return (((first - second) / [1.0, 2.0, 4.0]) ** 2).mean(axis=1)


NUMBERS = {"kind": "regression", "mean": [0.0, 1.0, 2.0], "scale": [1.0, 2.0, 4.0]}
CASES = {
    "single": ("single", of_classes),
    "ordered": ("ordered", of_classes),
    "soft": ("soft", of_classes),
    "multi": ("multi", of_labels),
    "regression": (NUMBERS, of_numbers),
}


class _Model:
    loss = keras.losses.MeanSquaredError()

    def __init__(self, target, outputs):
        self.target, self.outputs = target, outputs

    def __call__(self, inputs, training):
        assert training
        return self.outputs


@pytest.mark.parametrize(("target", "rows"), CASES.values(), ids=CASES)
def test_the_loss_by_hand(target, rows):
    second = ops.convert_to_tensor(SECOND)
    step = TrainingStep(
        model=_Model(target_of(target, 3), second),
        inputs={},
        y=None,
        outputs=ops.convert_to_tensor(FIRST),
        sample_weight=WEIGHTS,
        loss=3.0,
        features=None,
        loss_of=lambda outputs: 7.0 if outputs is second else None,
    )
    term = float(ops.convert_to_numpy(RDrop(4.0).term(step)))
    divergence = (WEIGHTS * rows(FIRST, SECOND)).sum() / 2
    assert 3.0 + term == pytest.approx((3.0 + 7.0) / 2 + 4.0 * divergence, rel=1e-5)


def test_a_model_without_dropout_is_refused(tiny_model):
    with pytest.raises(InputError, match="The model has no dropout, without which two passes"):
        tiny_model(all_dropout=0.0).compile("adam", objectives=[RDrop(1.0)])


@pytest.mark.parametrize("alpha", [0, -1.0, float("nan"), float("inf")])
def test_an_alpha_out_of_range_is_refused(alpha):
    with pytest.raises(InputError, match="`alpha` must be above 0. Received: "):
        RDrop(alpha)
