import numpy as np
import pytest

from kbert.targets.known_targets import target_of
from kbert.targets.multi import Multi

# Probabilities of 0.9, 0.5 and 0.1.
LOGITS = np.log(np.array([[9.0, 1], [1, 1 / 9], [1 / 9, 1 / 9]]))
TRUE = np.array([[1, 1], [1, 0], [1, 0]], np.uint8)


def test_thresholds_are_chosen_by_the_scores_and_stored():
    target = Multi(separator=";")
    scores = target.scores(LOGITS, TRUE, ["a", "b"])
    chosen = target.chosen_by(scores)
    # Label a: all three rows have it. Label b: 0.5 separates 0.5 from 0.1.
    assert chosen.thresholds == pytest.approx((0.05, 0.5))
    assert chosen.separator == ";"
    again = target_of(chosen.to_dict(), 2)
    assert again == chosen
    assert target.prediction(np.array([0.1, 0.1]), ["a", "b"]).labels == ()
    assert again.prediction(np.array([0.1, 0.1]), ["a", "b"]).labels == ("a",)
    assert again.scores(LOGITS, TRUE, ["a", "b"]).micro_f1 == 1
    assert "best F1 on dev: a 0.050, b 0.500." in target.what_is_chosen(scores, ["a", "b"], "dev")
    assert again.chosen_by(None) == target


@pytest.mark.parametrize("thresholds", [[0.5], [0.5, 1.5], [0.5, -1], [0.5, "1"], "0.5", [0.5] * 3])
def test_invalid_thresholds_are_refused(thresholds):
    with pytest.raises(ValueError, match="does not fit its labels"):
        target_of({"kind": "multi", "thresholds": thresholds}, 2)
