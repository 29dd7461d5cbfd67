"""What kbert relies on in how Keras reads a PyDataset, as of keras 3.15."""

import functools
from typing import Any

import keras


@functools.cache
def end_pipelines_at_once(kind: type[keras.utils.PyDataset]) -> None:
    """Let TensorFlow's pipelines for data sets of this class end without waiting.

    tf.data tunes each pipeline in a thread of its own, which sleeps for up to 5 seconds at a time.
    `predict`, or an epoch, can wait for this thread at its end. There is nothing to tune in a data
    set that is read in one thread. Leans on `PyDatasetAdapter.get_tf_dataset`
    (trainers/data_adapters/py_dataset_adapter.py).

    Args:
        kind: class of PyDataset.
    """
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf
    from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

    get = PyDatasetAdapter.get_tf_dataset

    @functools.wraps(get)
    def get_tf_dataset(adapter: Any) -> Any:
        dataset = get(adapter)
        if not isinstance(adapter.py_dataset, kind):
            return dataset
        options = tf.data.Options()
        options.autotune.enabled = False
        return dataset.with_options(options)

    PyDatasetAdapter.get_tf_dataset = get_tf_dataset


def width_before_epoch(index: int, width: int, first: int, step: int) -> int:
    """Return the width to give a batch that Keras requests from a PyDataset outside an epoch.

    There Keras's TensorFlow adapter requests the first two batches, and requires all others to
    have the dimensions that these two share. The width must not be one of them. Leans on
    `NUM_BATCHES_FOR_TENSOR_SPEC = 2` (trainers/data_adapters/data_adapter_utils.py).

    Args:
        index: int. The batch.
        width: int. Its width.
        first: int. The width of batch 0.
        step: int. How much to add, if the second batch has the width of the first.
    """
    return width + step if index == 1 and width == first else width
