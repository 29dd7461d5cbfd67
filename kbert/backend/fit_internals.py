"""What kbert needs of Keras's `fit` while it runs, beyond its public API.

Each function names what it leans on, as of keras 3.15, and has a test of its own in
tests/backend/test_fit_internals.py, which fails by name when Keras changes.
"""

import inspect

import keras


def callbacks_of_fit() -> list[keras.callbacks.Callback]:
    """Return all callbacks of the `fit` that is calling one of them; none outside a `fit`.

    Keras shows callbacks nothing of each other. Leans on `for callback in self.callbacks:` in the
    methods of `CallbackList` (callbacks/callback_list.py), which the caller was called from.
    """
    frame = inspect.currentframe()
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, keras.callbacks.CallbackList):
            return list(owner.callbacks)
        frame = (
            frame.f_back if isinstance(owner, keras.callbacks.Callback) or owner is None else None
        )
    return []


def fit_validates(model: keras.Model) -> bool | None:
    """Return whether the `fit` of a model that is calling a callback validates; None outside one.

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
    """Let the `fit` that is running begin with an epoch; call it in `on_train_begin`.

    Leans on `initial_epoch = self._initial_epoch or initial_epoch` in `fit` (backend/*/trainer.py).
    """
    model._initial_epoch = epoch


def forget_first_epoch(model: keras.Model) -> None:
    """Let the next `fit` begin where it is told to; Keras keeps what `set_first_epoch` has set."""
    model._initial_epoch = None
