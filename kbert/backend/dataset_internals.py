"""What kbert knows of how Keras reads a PyDataset, as of keras 3.15."""


def width_before_epoch(index: int, width: int, first: int, step: int) -> int:
    """Return the width of a batch that Keras asks a PyDataset for outside an epoch.

    There its TensorFlow adapter asks for the first two batches, and holds all others to the
    dimensions that these have in common: the width must not be one of them. Leans on
    `NUM_BATCHES_FOR_TENSOR_SPEC = 2` (trainers/data_adapters/data_adapter_utils.py).

    Args:
        index: int. The batch.
        width: int. Its width.
        first: int. The width of batch 0.
        step: int. How much to add, if the second batch has the width of the first.
    """
    return width + step if index == 1 and width == first else width
