"""The evaluation of masked tokens in plain `fit`: its scores match NumPy's on the logits."""

import numpy as np
import pytest

from kbert import Tokenizer, TokenStore, TrainingPlan, create_optimizer
from kbert.callbacks.masked_epoch_evaluation import MaskedEpochEvaluation
from kbert.data.masked_batches import MaskedBatches
from kbert.data.masking import Masking
from kbert.data.reading.examples import Examples
from kbert.models.backbones import new_backbone
from kbert.models.masked_language_model import MaskedLanguageModel

pytestmark = pytest.mark.keras

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghij"]
TEXTS = ["a b c d e f g h", "a b c d e", "i j a b c b a", "f g h i", "a a a b b b c c c d d d"]
SIZES = {
    "vocabulary_size": len(PIECES),
    "num_layers": 1,
    "num_heads": 2,
    "hidden_dim": 8,
    "intermediate_dim": 16,
    "max_sequence_length": 32,
}


def batches(texts, **settings):
    tokenizer = Tokenizer(PIECES)
    store = TokenStore.build(Examples(texts), tokenizer, 16)
    return MaskedBatches(store, Masking(tokenizer), 2, **settings)


@pytest.fixture
def model():
    made = MaskedLanguageModel(new_backbone(SIZES, "float32"), Tokenizer(PIECES))
    plan = TrainingPlan(examples=len(TEXTS), batch_size=2, epochs=2, learning_rate=1e-2)
    made.compile(optimizer=create_optimizer(plan))
    return made


def by_hand(model, dev):
    """Mean cross-entropy and accuracy of all masked tokens."""
    losses, hits = [], []
    for index in range(len(dev)):
        inputs, labels, weights = dev[index]
        logits = np.asarray(model.predict_on_batch(inputs), np.float64)
        shifted = logits - logits.max(-1, keepdims=True)
        log = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
        of_label = np.take_along_axis(log, np.asarray(labels)[..., None], -1)[..., 0]
        is_real = np.asarray(weights) > 0
        losses += (-of_label[is_real]).tolist()
        hits += (logits.argmax(-1) == labels)[is_real].tolist()
    return np.mean(losses), np.mean(hits), len(losses)


@pytest.mark.any_backend
def test_scores_match_the_logits(model):
    dev = batches(TEXTS[:4])
    evaluation = MaskedEpochEvaluation({"dev": dev}, verbose=0, restore_best=False)
    history = model.fit(batches(TEXTS), epochs=2, callbacks=[evaluation], verbose=0)
    loss, accuracy, tokens = by_hand(model, dev)
    last = evaluation.evaluations[-1]["dev"]
    assert (last.rows, last.predictions) == (4, tokens)
    assert last.loss == pytest.approx(loss, rel=1e-4)
    assert last.accuracy == pytest.approx(accuracy)
    assert history.history["dev_loss"] == [e["dev"].loss for e in evaluation.evaluations]


def test_the_masking_of_a_set_stays_the_same(model):
    dev = batches(TEXTS)
    evaluation = MaskedEpochEvaluation({"dev": dev}, verbose=0)
    evaluation.set_model(model)
    first, second = (evaluation.scores_of(model)[0]["dev"] for _ in range(2))
    assert first == second


def test_the_best_is_chosen_by_its_loss(model):
    evaluation = MaskedEpochEvaluation({"dev": batches(TEXTS)}, verbose=0)
    model.fit(batches(TEXTS), epochs=2, callbacks=[evaluation], verbose=0)
    losses = [scores["dev"].loss for scores in evaluation.evaluations]
    assert evaluation.best["dev"].loss == min(losses)
    assert evaluation.scores_of(model)[0]["dev"].loss == pytest.approx(min(losses), rel=1e-5)
