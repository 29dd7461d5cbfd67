"""Makes what `TextModel.fit` is given ready for Keras."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import keras

from kbert.backend.freed_memory import keep_freed_memory
from kbert.backend.metric_internals import build_metrics
from kbert.data.batches import Batches
from kbert.data.class_weights import check_class_weight, numbered_weights
from kbert.data.epoch_setter import EpochSetter
from kbert.data.takes_data import TakesData
from kbert.models.check_batches import check_batches
from kbert.models.check_input import check_input
from kbert.models.fit_checks import check_examples_of_fit, check_fit
from kbert.models.raw_fit import batches_of_fit
from kbert.models.share_batches import share_batches
from kbert.models.text_stream import StreamSetter, TextStream


@contextmanager
def prepared_fit(model: Any, arguments: dict[str, Any], callbacks: Any) -> Iterator[dict[str, Any]]:
    """Yield the arguments for `keras.Model.fit`, which is called inside the `with` block.

    Args:
        model: TextModel.
        arguments: dict. What `fit` was given, by name, without `callbacks`.
        callbacks: list, one callback, a CallbackList or None.

    Raises:
        InputError, FindingsError: as in `TextModel.fit`.
    """
    keep_freed_memory()
    given = _as_list(callbacks)
    arguments = batches_of_fit(model, arguments, given)
    x = arguments.get("x")
    check_input("fit", x, arguments.get("y"), arguments.get("validation_data"))
    if arguments.get("class_weight") is not None:
        check_class_weight(model.target)
    by_class = None
    own: list[Any] = []
    if isinstance(x, Batches):
        by_class = arguments.pop("class_weight", None)  # Keras refuses it with sample weights
        arguments.setdefault("shuffle", False)  # otherwise Keras shuffles the batches again
        check_batches(model, x)
        share_batches(model, x, "fit")
        x.on_epoch_end()  # an earlier fit may have been stopped inside an epoch
        own.append(EpochSetter(x))
    elif isinstance(x, TextStream):
        own.append(StreamSetter(x, arguments.get("initial_epoch", 0)))
    share_batches(model, arguments.get("validation_data"), "evaluate")
    allow = [code for callback in given for code in getattr(callback, "allow", ())]
    own.append(check_fit(model, arguments, allow))
    check_examples_of_fit(model, arguments, given, allow)
    _hand_over(x, given)
    if isinstance(x, Batches) and model.compiled:
        # On TensorFlow, Keras builds metrics and optimizer inside the first step, and a step that
        # creates variables is traced twice, which costs seconds at the start of every run.
        build_metrics(model, x[0])
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks.callbacks.extend(own)
    else:
        callbacks = [*own, *given]
    with ExitStack() as during:
        if isinstance(x, Batches) and by_class is not None:
            weights = numbered_weights(by_class, model.labels, x.examples)
            during.enter_context(x.class_weighted(weights))
        if isinstance(x, TextStream):
            if "class_weight" in arguments:
                weights = numbered_weights(arguments["class_weight"], model.labels)
                arguments["class_weight"] = weights
            during.enter_context(x.own_errors())
        yield {**arguments, "callbacks": callbacks}


def _hand_over(data: Any, callbacks: list[Any]) -> None:
    """Give the data of the `fit` to the callbacks that look at it."""
    if isinstance(data, keras.utils.PyDataset) or hasattr(data, "element_spec"):  # tf.data.Dataset
        for callback in callbacks:
            if isinstance(callback, TakesData):
                callback.set_data(data.first_batches() if isinstance(data, TextStream) else data)


def _as_list(callbacks: Any) -> list[Any]:
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return list(callbacks.callbacks)
    return keras.tree.flatten(callbacks) if callbacks else []
