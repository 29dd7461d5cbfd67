import keras
import numpy as np
import pytest

from kbert import (
    BertClassifier,
    EpochEvaluation,
    InputError,
    PlanGuard,
    Tokenizer,
    TrainingPlan,
    create_optimizer,
    read_examples,
)

pytestmark = pytest.mark.keras

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "good", "bad"]
SIZES = {"num_layers": 1, "num_heads": 2, "hidden_dim": 8, "intermediate_dim": 16}
TEXTS = ["a good", "b bad"]


def make_model():
    backbone = {"vocabulary_size": len(VOCABULARY), **SIZES}
    return BertClassifier(backbone, ["x", "y"], Tokenizer(VOCABULARY), max_length=8)


def with_lora(model):
    model.backbone.enable_lora(2)


def quantized(model):
    model.get_layer("logits").quantize("int8")


def test_a_model_that_cannot_be_saved_is_refused_before_training(tmp_path):
    model = make_model()
    model.save_to(tmp_path / "before")
    quantized(model)
    with pytest.raises(InputError, match=r'cannot be saved as a folder.*model.save\("FILE.keras'):
        model.save_to(tmp_path / "model")
    assert not (tmp_path / "model").exists()
    examples = read_examples((TEXTS, ["x", "y"]), labels=model.labels)
    evaluation = EpochEvaluation(dev=model.batches(examples), model_folder=tmp_path / "model")
    evaluation.set_model(model)
    with pytest.raises(InputError, match="leave out `model_folder`"):
        evaluation.on_train_begin()


@pytest.mark.any_backend
def test_lora_has_no_update_ratio_finding_and_is_saved_merged(tmp_path):
    model = make_model()
    with_lora(model)
    examples = read_examples((TEXTS * 160, ["x", "y"] * 160), labels=model.labels)
    plan = TrainingPlan(examples=320, batch_size=8, epochs=3, learning_rate=1e-3)
    model.compile(create_optimizer(plan))
    guard = PlanGuard(plan, verbose=0)
    model.fit(model.batches(examples, plan), epochs=3, verbose=0, callbacks=[guard])
    assert "update-ratio" not in [finding.code for finding in guard.findings]
    (before,) = [v for v in model.trainable_variables if v.path.endswith("query/lora_kernel_b")]
    assert np.any(keras.ops.convert_to_numpy(before))
    model.save(tmp_path / "model.keras")
    model.save_to(tmp_path / "folder")
    for path in ("model.keras", "folder"):
        loaded = BertClassifier.load(tmp_path / path, dropout=0.2)  # without Keras's loader
        np.testing.assert_allclose(
            loaded.predict_proba(TEXTS), model.predict_proba(TEXTS), rtol=0, atol=1e-6
        )
