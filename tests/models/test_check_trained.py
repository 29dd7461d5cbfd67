import keras
import pytest

from kbert import (
    Freeze,
    FreshOptimizer,
    KbertError,
    LoRA,
    TrainingPlan,
)

pytestmark = pytest.mark.keras

TEXTS = ["good film", "bad film"] * 8
LABELS = ["good", "bad"] * 8


def trained(model):
    model.compile(keras.optimizers.AdamW(1e-3))
    model.fit(TEXTS, LABELS, verbose=0)
    return model


def unfrozen(model):
    # On TensorFlow, `backbone.trainable = True` changes nothing while it is True already.
    for layer in model.backbone.layers:
        layer.trainable = True


CHANGES = {"LoRA": LoRA(rank=2), "frozen": Freeze(layers=1), "unfrozen": unfrozen}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_what_is_trained_needs_a_new_optimizer(change, tiny_model):
    model = tiny_model()
    if change == "unfrozen":
        Freeze(layers=1)(model)
    trained(model)
    CHANGES[change](model)
    with pytest.raises(KbertError, match="What the model trains has changed since its optimizer"):
        model.fit(TEXTS, LABELS, verbose=0)
    trained(model)


@pytest.mark.parametrize("wrapped", [False, True], ids=["plain", "loss-scale"])
def test_a_wrapped_optimizer_is_seen_through(wrapped, tiny_model):
    model = tiny_model()
    sgd = keras.optimizers.SGD()
    model.compile(keras.optimizers.LossScaleOptimizer(sgd) if wrapped else sgd)
    model.fit(TEXTS, LABELS, verbose=0)
    model.fit(TEXTS, LABELS, verbose=0)
    Freeze(embeddings=True)(model)
    with pytest.raises(KbertError, match=r"Cure: callbacks=\[kbert\.FreshOptimizer\(plan\)\]"):
        model.fit(TEXTS, LABELS, verbose=0)


def test_a_fresh_optimizer_is_built_for_what_is_trained_now(tiny_model):
    model = trained(tiny_model())
    Freeze(embeddings=True)(model)
    plan = TrainingPlan(len(TEXTS), batch_size=8, epochs=6)
    embeddings = model.backbone.token_embedding.embeddings.numpy().copy()
    model.fit(TEXTS, LABELS, batch_size=8, epochs=6, verbose=0, callbacks=[FreshOptimizer(plan)])
    assert (model.backbone.token_embedding.embeddings.numpy() == embeddings).all()
