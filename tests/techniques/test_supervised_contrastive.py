import keras
import numpy as np
import pytest
import torch
from keras import ops

from kbert import InputError, SupervisedContrastive, read_examples
from kbert.losses import ContrastiveLoss
from kbert.models.pooled_output import pooled_output

pytestmark = pytest.mark.keras

# The last class has one row, and the row before it has weight 0.
CLASSES = np.array([0, 1, 0, 1, 0, 0, 2], np.int32)
WEIGHTS = np.array([1.0, 2.0, 1.0, 0.5, 1.0, 0.0, 1.0], np.float32)


def by_torch(features, classes, weights, temperature):
    """Equation 3 of the paper, row by row, over the rows with a weight above 0."""
    z = torch.nn.functional.normalize(torch.tensor(features, dtype=torch.float64), dim=1)
    total = 0.0
    rows = [row for row in range(len(z)) if weights[row] > 0]
    for i in rows:
        same = [j for j in rows if j != i and classes[j] == classes[i]]
        others = torch.stack([z[i] @ z[k] / temperature for k in rows if k != i])
        for j in same:
            log = z[i] @ z[j] / temperature - torch.logsumexp(others, 0)
            total -= float(log) * weights[i] / len(same)
    return total / len(z)


def test_the_loss_by_hand():
    features = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
    classes = np.where(WEIGHTS > 0, CLASSES, -1)
    found = ContrastiveLoss(0.3)(classes, features, sample_weight=WEIGHTS)
    expected = by_torch(features, CLASSES, WEIGHTS, 0.3)
    assert float(ops.convert_to_numpy(found)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("windows", [False, True])
def test_a_step_uses_the_features_of_its_own_pass(windows, tiny_model, sentences):
    texts = [sentences[0][row] for row in (0, 60, 1, 61, 2, 3, 4)]
    cut = {"long_text": "windows", "max_length": 8} if windows else {}
    model = tiny_model(labels=["a", "b", "c"], **cut)
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    examples = read_examples((texts, ["abc"[label] for label in CLASSES]), labels=model.labels)
    inputs, y = model.batches(examples, batch_size=7)[0][:2]
    features = ops.convert_to_numpy(pooled_output(model.backbone, inputs, False))
    if windows:
        own = [[w for w in row if w >= 0] for row in inputs["own_windows"]]
        assert max(map(len, own)) > 1
        features = np.stack([features[row].mean(axis=0) for row in own])
    model.compile(keras.optimizers.SGD(0.0), objectives=[SupervisedContrastive(2.0, 0.5)])
    logs = model.train_on_batch(inputs, y, WEIGHTS, return_dict=True)
    added = float(logs["loss"]) - float(logs["task_loss"])
    assert added == pytest.approx(2.0 * by_torch(features, y, WEIGHTS, 0.5), rel=1e-3)


def test_targets_without_one_class_per_row_are_refused(tiny_model):
    with pytest.raises(InputError, match="needs one class in each row, but the target is multi."):
        tiny_model(target="multi").compile("adam", objectives=[SupervisedContrastive(0.1)])


@pytest.mark.parametrize("given", [(0, 0.3), (float("nan"), 0.3), (0.1, 0), (0.1, float("inf"))])
def test_numbers_out_of_range_are_refused(given):
    with pytest.raises(InputError, match="` must be above 0. Received: "):
        SupervisedContrastive(*given)
