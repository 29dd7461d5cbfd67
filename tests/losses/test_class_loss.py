from typing import get_args

import keras
import numpy as np
import pytest

from kbert import ClassLoss, InputError
from kbert.choices import ClassLossName

pytestmark = pytest.mark.keras

LOGITS = np.array([[2.0, 0.0, -1.0], [0.0, 1.0, 0.0], [3.0, 1.0, 1.0]], np.float32)
IDS = np.array([0, 2, 1], np.int32)
SHARES = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
ONE_HOT = np.eye(3, dtype=np.float32)[IDS]


def loss_of(loss, **more):
    return float(keras.ops.convert_to_numpy(loss(IDS, LOGITS, **more)))


def test_cross_entropy_matches_keras():
    own = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert loss_of(ClassLoss()) == pytest.approx(float(own(IDS, LOGITS)), rel=1e-6)


def test_label_smoothing_by_hand():
    targets = 0.7 * ONE_HOT + 0.1
    expected = -(targets * np.log(SHARES)).sum(axis=1).mean()
    assert loss_of(ClassLoss(label_smoothing=0.3)) == pytest.approx(expected, rel=1e-6)


def test_focal_loss_by_hand():
    of_label = SHARES[np.arange(3), IDS]
    expected = (-((1 - of_label) ** 2) * np.log(of_label)).mean()
    assert loss_of(ClassLoss("focal")) == pytest.approx(expected, rel=1e-5)
    assert loss_of(ClassLoss("focal", gamma=0.0)) == pytest.approx(loss_of(ClassLoss()), rel=1e-5)


def test_a_loss_of_probabilities_gets_probabilities():
    # The Brier score, divided by the number of classes as in Keras.
    expected = ((SHARES - ONE_HOT) ** 2).mean()
    assert loss_of(ClassLoss("mean_squared_error")) == pytest.approx(expected, rel=1e-5)


def test_hinge_loss_gets_logits():
    # By hand: the label's logit must exceed the greatest other one by 1.
    expected = np.mean([max(0 - 2 + 1, 0), max(1 - 0 + 1, 0), max(3 - 1 + 1, 0)])
    assert loss_of(ClassLoss("categorical_hinge")) == pytest.approx(expected, rel=1e-6)


def test_row_weights():
    rows = -np.log(SHARES[np.arange(3), IDS])
    weights = np.array([0.5, 2.0, 0.0], np.float32)
    found = loss_of(ClassLoss(), sample_weight=weights)
    assert found == pytest.approx((rows * weights).sum() / 3, rel=1e-6)


@pytest.mark.parametrize("name", get_args(ClassLossName))
def test_each_loss_has_one_number_per_row_and_can_be_saved(name):
    loss = ClassLoss(name, label_smoothing=0.1)
    rows = keras.ops.convert_to_numpy(loss.call(IDS, keras.ops.convert_to_tensor(LOGITS)))
    assert rows.shape == (3,)
    assert np.isfinite(rows).all()
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert loss_of(again) == loss_of(loss)
    # A model that is sure of the labels has a lower loss than one that is sure of others.
    right, wrong = (float(loss(IDS, 9 * np.eye(3)[ids])) for ids in (IDS, (IDS + 1) % 3))
    assert right < wrong


def test_a_loss_object_can_be_saved_too():
    loss = ClassLoss(keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.3))
    assert loss_of(loss) == pytest.approx(loss_of(ClassLoss(label_smoothing=0.3)), rel=1e-6)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert loss_of(again) == loss_of(loss)


def test_labels_may_be_a_column():
    loss = ClassLoss()
    assert float(loss(IDS[:, None], LOGITS)) == pytest.approx(loss_of(loss))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "sparse_categorical_crossentropy"}, "must be one of categorical_crossentropy"),
        ({"label_smoothing": 1.0}, "must be from 0 to below 1"),
        ({"gamma": -1.0}, "must be 0 or more"),
    ],
)
def test_invalid_settings_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        ClassLoss(**settings)
