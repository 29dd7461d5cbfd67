"""Keras callbacks next to an `EpochEvaluation`, in the `fit` of a classifier."""

import pytest

from kbert import AdamW, EpochEvaluation, Examples

pytestmark = pytest.mark.keras


@pytest.mark.any_backend
def test_keras_callbacks_find_scores_by_their_keras_names(tiny_model, sentences, tmp_path):
    import keras

    model = tiny_model()
    model.compile(optimizer=AdamW(learning_rate=1e-4), metrics=["accuracy"])
    texts, labels = sentences
    examples = Examples(texts, None, model.labels.encode(labels), model.labels)
    batches, dev = map(model.batches, examples.split(dev=0.3, seed=0))
    evaluation = EpochEvaluation(dev=dev, val_names=True, verbose=0)
    plateau = keras.callbacks.ReduceLROnPlateau(patience=1, factor=0.5, min_delta=10.0, min_lr=0)
    best = keras.callbacks.ModelCheckpoint(
        str(tmp_path / "{epoch}-{val_accuracy:.2f}.keras"),
        monitor="val_macro_f1",
        mode="max",
        save_best_only=True,
    )
    stopping = keras.callbacks.EarlyStopping("val_loss", patience=2, min_delta=10.0)
    callbacks = [evaluation, plateau, best, stopping]
    history = model.fit(batches, epochs=9, verbose=0, callbacks=callbacks).history
    # Only the first epoch improves by more than 10, from an infinite loss.
    assert len(history["val_loss"]) == 3
    assert history["val_loss"] == history["dev_loss"]
    assert history["learning_rate"] == pytest.approx([1e-4, 1e-4, 0.5e-4])
    assert f"1-{history['val_accuracy'][0]:.2f}.keras" in {file.name for file in tmp_path.iterdir()}
