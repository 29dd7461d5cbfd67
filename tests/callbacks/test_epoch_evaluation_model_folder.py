import keras
import numpy as np
import pytest

from kbert import BertClassifier, EpochEvaluation, Tokenizer

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]  # only the scores matter

LABELS = np.array([0] * 6 + [1] * 4 + [2] * 2)  # always predicting 0 is right in 6 of 12 rows
IDS = np.tile(np.arange(4, dtype="int32"), (12, 1))
INPUTS = {"token_ids": IDS, "segment_ids": np.zeros_like(IDS), "padding_mask": np.ones_like(IDS)}


class Says(keras.callbacks.Callback):
    """Makes the model predict one class for all rows, at the end of each epoch."""

    def __init__(self, classes):
        super().__init__()
        self.classes = classes

    def on_epoch_end(self, epoch, logs=None):
        bias = np.full(3, float(epoch), "float32")
        bias[self.classes[epoch]] += 99.0 - epoch  # less sure each time: a lower loss
        self.model.layers[-1].bias.assign(bias)


class Saved(keras.callbacks.Callback):
    """Records, after each epoch, which epoch's model is in the folder."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        bias = BertClassifier.load(self.folder).layers[-1].bias
        self.epochs.append(int(keras.ops.convert_to_numpy(bias).min()))


def fit(classes, folder, **arguments):
    tokenizer = Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    sizes = {"num_layers": 1, "num_heads": 1, "hidden_dim": 2, "intermediate_dim": 2}
    backbone = {"vocabulary_size": 4, "max_sequence_length": 4, **sizes}
    model = BertClassifier(backbone, ["x", "y", "z"], tokenizer, max_length=4)
    model.compile(keras.optimizers.SGD(0.0))
    settings = {"restore_best": False, "verbose": 0, **arguments}
    evaluation = EpochEvaluation(dev=(INPUTS, LABELS), model_folder=folder, **settings)
    callbacks = [Says(classes), evaluation, saved := Saved(folder)]
    model.fit(INPUTS, LABELS, epochs=len(classes), verbose=0, callbacks=callbacks)
    return saved.epochs


@pytest.mark.parametrize(
    ("classes", "kept"),
    [([2, 1, 0], [0, 1, 2]), ([1, 0, 2], [0, 1, 1]), ([0, 0, 1], [0, 1, 1])],
    ids=["better-each-time", "in-the-middle", "of-equals-the-lower-loss"],
)
def test_the_folder_holds_the_best_model_so_far(classes, kept, tmp_path):
    assert fit(classes, tmp_path / "model") == kept
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_the_folder_follows_the_monitored_score(tmp_path):
    assert fit([0, 1], tmp_path / "model", monitor="loss") == [0, 0]
    assert fit([2, 1], tmp_path / "other", monitor="macro_f1") == [0, 1]
