"""What kbert needs of Keras's `fit` while it runs, beyond its public API.

Each function names what it leans on, as of keras 3.15, and has a test of its own in
tests/backend/test_fit_internals.py, which fails by name when Keras changes.
"""

import inspect
from collections.abc import Sequence
from typing import Any

import keras


def callbacks_of_fit() -> list[keras.callbacks.Callback]:
    """Return all callbacks of the `fit` that is calling one of them; none outside a `fit`."""
    found = list_of_fit()
    return [] if found is None else list(found.callbacks)


def list_of_fit() -> keras.callbacks.CallbackList | None:
    """Return Keras's list of the callbacks of the `fit` that is calling one; None outside a `fit`.

    Keras gives a callback no access to the others. Leans on `for callback in self.callbacks:` in
    the methods of `CallbackList` (callbacks/callback_list.py), from which the caller was called.
    """
    frame = inspect.currentframe()
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, keras.callbacks.CallbackList):
            return owner
        frame = (
            frame.f_back if isinstance(owner, keras.callbacks.Callback) or owner is None else None
        )
    return None


def model_inside_step(callback: keras.callbacks.Callback) -> Any:
    """Return a callback's model as it is; on JAX its variables may have no values during a `fit`.

    `callback.model` gives them the running step's values, which takes milliseconds on JAX. Leans on
    `self._model.jax_state_sync()` in `Callback.model` (callbacks/callback.py).
    """
    return callback._model if keras.backend.backend() == "jax" else callback.model


def values_inside_step(model: Any, variables: Sequence[keras.Variable]) -> list[Any]:
    """Return the current values of variables of a model's optimizer or metrics, as tensors.

    On JAX a running `fit` holds the values, and the variables do not. Leans on
    `self._jax_state = {` and `self._jax_state_synced` in `fit`, and on their order in
    `jax_state_sync` (backend/jax/trainer.py). JAX frees their memory in the next step.
    """
    state = getattr(model, "_jax_state", None)
    if not state or model._jax_state_synced:
        return [variable.value for variable in variables]
    own = [*model.metrics_variables, *model.optimizer.variables]
    held = [*state["metrics_variables"], *state["optimizer_variables"]]
    places = {id(variable): place for place, variable in enumerate(own)}
    return [held[places[id(variable)]] for variable in variables]


def fit_validates(model: keras.Model) -> bool | None:
    """Return whether the `fit` that is calling a model's callback validates; None outside a `fit`.

    Leans on `validation_data` of `fit` (backend/*/trainer.py), which `validation_split` sets too.
    """
    frame = inspect.currentframe()
    while frame is not None:
        names = frame.f_locals
        is_fit = frame.f_code.co_name == "fit" and "validation_data" in names
        if is_fit and names.get("self") is model and "validation_split" in names:
            return names["validation_data"] is not None
        frame = frame.f_back
    return None


def set_first_epoch(model: keras.Model, epoch: int) -> None:
    """Let the running `fit` begin with this epoch; call it in `on_train_begin`.

    Leans on `initial_epoch = self._initial_epoch or initial_epoch` in `fit` (backend/*/trainer.py).
    """
    model._initial_epoch = epoch


def forget_first_epoch(model: keras.Model) -> None:
    """Let the next `fit` use its own `initial_epoch`; Keras keeps what `set_first_epoch` set."""
    model._initial_epoch = None
