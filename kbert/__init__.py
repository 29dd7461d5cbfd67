"""Fine-tune BERT classifiers with Keras 3: no run is ever silently wasted.

The public names are declared once, in `__init__.pyi`. Each is imported when it is first used, so
that `import kbert`, `kbert --help` and everything about data need no framework.

Nothing else is imported here either. The command line answers Ctrl-C once `kbert.__main__` runs,
and Python imports this module before it.
"""

from kbert.models.known_to_keras import make_known

__version__ = "0.1.0"

make_known()


def __getattr__(name: str) -> object:
    if name == "plots":  # a module of functions
        import importlib

        return importlib.import_module("kbert.plots")
    if name not in ("_MODULES", "__all__"):
        return _public(name)
    import re
    from pathlib import Path

    stub = Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    # The module of each public name.
    found = re.findall(r"from (kbert\.[\w.]+) import \(?\s*(\w+) as \2\b", stub)
    globals()["_MODULES"] = {public: module for module, public in found}
    globals()["__all__"] = sorted(globals()["_MODULES"])
    return globals()[name]


def _public(name: str) -> object:
    """Import a public name."""
    modules = globals().get("_MODULES") or __getattr__("_MODULES")
    if name not in modules:
        raise AttributeError(f"module 'kbert' has no attribute {name!r}")
    import importlib

    try:
        value = getattr(importlib.import_module(modules[name]), name)
    except ModuleNotFoundError as error:
        from kbert.utils.missing_package import missing_package

        told = missing_package(error.name)
        if told is None:
            raise
        raise ModuleNotFoundError(f"kbert.{name}: {told}", name=error.name) from None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__getattr__("__all__")]
