import keras
import numpy as np
import pytest

from kbert.losses import LabelLoss

pytestmark = pytest.mark.keras
TRUE = np.array([[1, 0, 1], [0, 0, 1]], np.uint8)
LOGITS = np.array([[0.5, -2.0, 3.0], [-1.0, 4.0, -30.0]], np.float32)


def test_loss_is_the_mean_by_hand():
    p = 1 / (1 + np.exp(-LOGITS.astype(np.float64)))
    weights = np.array([3.0, 0.5, 2.0])
    expected = -(weights * TRUE * np.log(p) + (1 - TRUE) * np.log(1 - p)).mean()
    assert float(LabelLoss(weights)(TRUE, LOGITS)) == pytest.approx(expected, rel=1e-5)


def test_loss_matches_torch():
    torch = pytest.importorskip("torch")
    own = torch.nn.BCEWithLogitsLoss(pos_weight=torch.tensor([3.0, 0.5, 2.0]))
    expected = float(own(torch.tensor(LOGITS), torch.tensor(TRUE, dtype=torch.float32)))
    assert float(LabelLoss([3.0, 0.5, 2.0])(TRUE, LOGITS)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_weights_of_1_match_keras(smoothing):
    own = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)
    found = LabelLoss([1, 1, 1], label_smoothing=smoothing)
    assert float(found(TRUE, LOGITS)) == pytest.approx(float(own(TRUE, LOGITS)), rel=1e-5)


def test_loss_is_saved_and_loaded():
    loss = LabelLoss([3.0, 0.5, 2.0], label_smoothing=0.1)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()
    assert float(again(TRUE, LOGITS)) == float(loss(TRUE, LOGITS))
