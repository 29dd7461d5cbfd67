import keras
import numpy as np
import pytest
import torch
import transformers
from keras import ops

from kbert import FGM, InputError, read_examples
from kbert.interop.write_hugging_face import write_hugging_face
from kbert.models.build_classifier import to_model_data

pytestmark = pytest.mark.keras

TEXTS = ["A moving story.", "A dull mess.", "Funny and warm, warm and funny.", "Loud and empty."]
LABELS = np.array([1, 0, 1, 0], np.int32)
WEIGHTS = np.array([1.0, 2.0, 0.0, 1.0], np.float32)
RATE = 0.1


class Attack:
    """FGM as it is written in torch training loops."""

    def __init__(self, table, epsilon):
        self.table, self.epsilon = table, epsilon

    def __enter__(self):
        self.before = self.table.data.clone()
        self.table.data += self.epsilon * self.table.grad / self.table.grad.norm()

    def __exit__(self, *error):
        self.table.data = self.before


def updated_by_torch(folder, epsilon):
    """One update of transformers' model by plain gradient descent."""
    model = transformers.BertForSequenceClassification.from_pretrained(folder).eval()
    model.requires_grad_(True)
    inputs = transformers.AutoTokenizer.from_pretrained(folder)(
        TEXTS, padding=True, return_tensors="pt"
    )

    def backward():
        each = torch.nn.functional.cross_entropy(
            model(**inputs).logits, torch.tensor(LABELS).long(), reduction="none"
        )
        (each * torch.tensor(WEIGHTS)).mean().backward()

    backward()
    with Attack(model.bert.embeddings.word_embeddings.weight, epsilon):
        backward()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= RATE * parameter.grad
    return {name: array.numpy() for name, array in model.state_dict().items()}


def test_an_update_matches_a_torch_loop(tiny_model, tmp_path):
    model = tiny_model(all_dropout=0.0)
    # Random weights give gradients too small to compare.
    model.get_layer("logits").kernel.assign(20 * model.get_layer("logits").kernel)
    write_hugging_face(tmp_path, to_model_data(model))
    begun = ops.convert_to_numpy(model.backbone.token_embedding.embeddings.value).copy()
    model.compile(keras.optimizers.SGD(RATE), objectives=[FGM(0.5)])
    model.fit(TEXTS, LABELS, sample_weight=WEIGHTS, batch_size=4, verbose=0)
    expected = updated_by_torch(tmp_path, 0.5)
    plain = updated_by_torch(tmp_path, 0.0)
    table = ops.convert_to_numpy(model.backbone.token_embedding.embeddings.value)
    name = "bert.embeddings.word_embeddings.weight"
    moved, by_torch, without = table - begun, expected[name] - begun, plain[name] - begun
    np.testing.assert_allclose(moved, by_torch, atol=2e-3 * np.abs(by_torch).max())
    assert np.abs(by_torch - without).max() > 0.05 * np.abs(by_torch).max()
    kernel = ops.convert_to_numpy(model.get_layer("logits").kernel.value)
    np.testing.assert_allclose(kernel, expected["classifier.weight"].T, atol=1e-5)


def test_frozen_embeddings_are_moved_too(tiny_model):
    model = tiny_model()
    model.backbone.token_embedding.trainable = False
    model.compile(keras.optimizers.SGD(RATE), objectives=[FGM(0.5)])
    examples = read_examples((TEXTS, ["bad", "good", "bad", "good"]), labels=model.labels)
    logs = model.train_on_batch(*model.batches(examples)[0], return_dict=True)
    assert logs["loss"] > 1.9 * logs["task_loss"]


@pytest.mark.parametrize("epsilon", [0, -1.0, float("nan"), float("inf")])
def test_an_epsilon_out_of_range_is_refused(epsilon):
    with pytest.raises(InputError, match="`epsilon` must be above 0. Received: "):
        FGM(epsilon)
