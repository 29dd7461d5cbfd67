import keras
import numpy as np
import pytest

from kbert.backend import dataset_internals
from kbert.backend.optimizer_internals import batches_seen

pytestmark = pytest.mark.keras


def test_width_before_epoch():
    class Data(keras.utils.PyDataset):
        in_epoch = False

        def __len__(self):
            return 3

        def on_epoch_begin(self):
            self.in_epoch = True

        def __getitem__(self, index):
            width = 16 if index == 2 else 8
            if not self.in_epoch:
                width = dataset_internals.width_before_epoch(index, width, 8, 8)
            return np.ones((2, width, 1), "float32"), np.ones((2, 1), "float32")

    layers = [keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((None, 1)), *layers])
    model.compile("sgd", loss="mse")
    model.fit(Data(), verbose=0, shuffle=False)
    assert batches_seen(model.optimizer) == 3


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a pipeline of TensorFlow")
def test_end_pipelines_at_once():
    from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

    class Data(keras.utils.PyDataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return np.full((2, 1), index, "float32")

    class Own(Data):
        pass

    dataset_internals.end_pipelines_at_once(Own)
    dataset_internals.end_pipelines_at_once(Own)  # once is enough
    own, other = (PyDatasetAdapter(kind()).get_tf_dataset() for kind in (Own, Data))
    assert own.options().autotune.enabled is False
    assert other.options().autotune.enabled is None
    layers = [keras.layers.Dense(1, kernel_initializer="ones")]
    model = keras.Sequential([keras.Input((1,)), *layers])
    np.testing.assert_array_equal(model.predict(Own(), verbose=0).ravel(), [0, 0, 1, 1])
