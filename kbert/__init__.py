"""Fine-tune BERT classifiers with Keras 3: no run is ever silently wasted.

The public names are declared once, in `__init__.pyi`. Each is imported when it is first used, so
that `import kbert`, `kbert --help` and everything about data need no framework.
"""

import importlib
import re
from pathlib import Path
from typing import Any

from kbert.models.known_to_keras import make_known
from kbert.utils.missing_package import missing_package

_STUB = Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")
# The module of each public name.
_MODULES = {
    name: module for module, name in re.findall(r"from ([\w.]+) import \(?\s*(\w+) as \2\b", _STUB)
}

__all__ = sorted(_MODULES)
__version__ = "0.1.0"

make_known()


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'kbert' has no attribute {name!r}")
    try:
        value = getattr(importlib.import_module(_MODULES[name]), name)
    except ModuleNotFoundError as error:
        told = missing_package(error.name)
        if told is None:
            raise
        raise ModuleNotFoundError(f"kbert.{name}: {told}", name=error.name) from None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
