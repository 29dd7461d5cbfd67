"""Makes kbert's classes known to Keras, which looks for them when it loads a .keras file.

`import kbert` imports this module, so it imports nothing that is not needed yet.
"""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

_PACKAGE = "kbert"
# The module of each class that a saved classifier, compiled or not, can name.
CLASSES = {
    "AdamW": "kbert.optimizers.adamw",
    "BertAdam": "kbert.optimizers.bert_adam",
    "BertClassifier": "kbert.models.bert_classifier",
    "ClassLoss": "kbert.losses.class_loss",
    "ExponentialGrowth": "kbert.schedules.exponential_growth",
    "LabelLoss": "kbert.losses.label_loss",
    "MaskedLanguageModel": "kbert.models.masked_language_model",
    "StandardizedError": "kbert.losses.standardized_error",
    "WarmupPolynomialDecay": "kbert.schedules.warmup_polynomial_decay",
}


def make_known() -> None:
    """Let `keras.models.load_model` find kbert's classes, after nothing but `import kbert`.

    This imports neither Keras nor the classes. If Keras is not imported yet, the registration waits
    for its import. A stand-in is registered for each class, and imports the class when an object of
    it is made. Once the class itself is imported, it takes the place of its stand-in.
    """
    if not _register() and not any(isinstance(finder, _KerasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _KerasFinder())


def _register() -> bool:
    """Register the classes, if Keras has been imported, and return whether it has."""
    saving = getattr(sys.modules.get("keras"), "saving", None)
    if saving is None:
        return False
    for name, module in CLASSES.items():
        if saving.get_registered_object(f"{_PACKAGE}>{name}") is None:
            saving.register_keras_serializable(_PACKAGE, name)(_stand_in(name, module))
    return True


def _stand_in(name: str, module: str) -> type:
    """Return a stand-in for a class: making an object of it makes one of the real class."""
    import importlib
    from typing import Any

    def real() -> Any:
        return getattr(importlib.import_module(module), name)

    def from_config(config: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        return real().from_config(config, *args, **kwargs)

    body = {
        "__module__": module,
        "__doc__": f"Stands for {module}.{name} until that is imported.",
        "__new__": lambda cls, *args, **kwargs: real()(*args, **kwargs),
        "from_config": staticmethod(from_config),
        "get_config": lambda self: {},  # Keras requires it of the classes that it registers
    }
    return type(name, (), body)


class _KerasFinder:
    """Registers the classes at the end of the import of Keras."""

    _is_searching = False

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        """Return the spec of Keras, as a finder of `sys.meta_path` does; None for other modules."""
        if name != "keras" or self._is_searching:
            return None
        import importlib.util

        self._is_searching = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._is_searching = False
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def run_and_register(module: ModuleType) -> None:
                run(module)
                _register()
                if self in sys.meta_path:
                    sys.meta_path.remove(self)

            spec.loader.exec_module = run_and_register  # type: ignore[method-assign]
        return spec
