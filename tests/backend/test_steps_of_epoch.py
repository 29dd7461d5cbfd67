import keras
import pytest

from kbert.backend.optimizer_internals import batches_seen
from kbert.backend.steps_of_epoch import StepsOfEpoch
from tests.backend.line_model import X, line

pytestmark = pytest.mark.keras


def test_steps_of_epoch():
    class Data(keras.utils.PyDataset):
        skipped = 0
        asked = 0

        @property
        def num_batches(self):
            return StepsOfEpoch(3, lambda: self.skipped)

        def __getitem__(self, index):
            self.asked += 1
            return X[:2], X[:2]

        def __len__(self):
            return 3 - self.skipped

    class Skip(keras.callbacks.Callback):
        def __init__(self, data, steps):
            super().__init__()
            self.data, self.steps = data, steps

        def on_epoch_begin(self, epoch, logs=None):
            self.data.skipped = 2 if epoch == 0 else 0

        def on_train_batch_end(self, batch, logs=None):
            self.steps.append(batch)

    model, data, steps = line(), Data(), []
    model.fit(data, epochs=2, verbose=0, shuffle=False, callbacks=[Skip(data, steps)])
    assert steps == [0, 0, 1, 2]
    assert batches_seen(model.optimizer) == 4
    assert data.num_batches == 3
