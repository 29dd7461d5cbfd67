"""kbert models in .keras files, read without Keras: nothing in them is deserialized."""

import io
import zipfile
from functools import cached_property
from pathlib import Path
from typing import Any

from kbert.choices import Gelu, TokenPooling
from kbert.errors import InputError
from kbert.findings import Call, Message
from kbert.interop.config_checks import check_fits_file, with_defaults
from kbert.interop.h5_weights import read_h5
from kbert.interop.kbert_config import check_settings, config_tokenizer, own_model_data
from kbert.interop.model_data import ModelData
from kbert.interop.source import Source, with_casing_cure
from kbert.interop.weight_specs import weight_specs
from kbert.targets.known_targets import target_of
from kbert.targets.target import Target
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.untrusted_weights import check_keras_zip


class KerasFile(Source):
    """A .keras file that `BertClassifier.save` has written."""

    kind = Message("a kbert .keras file")

    @classmethod
    def recognises(cls, name: str) -> bool:
        return name.endswith(".keras") and not Path(name).is_dir()

    @property
    def keras_file(self) -> Path:
        return self.local_path

    def check(self) -> None:
        if not self.local_path.is_file():
            raise InputError("There is no file {file}. Check the path.", file=self.name)

    def labels(self) -> tuple[str, ...]:
        return tuple(self._settings["labels"])

    def target(self) -> Target:
        settings = self._settings
        return target_of(settings.get("target"), len(settings["labels"]))

    def max_length(self) -> int | None:
        return self._settings.get("max_length")

    def pooling(self) -> TokenPooling:
        return self._settings.get("pooling", "cls")

    def tokenizer(self) -> Tokenizer:
        found = config_tokenizer(self.local_path, self._settings)
        note = '{call}, and "lowercase": {value} of the "tokenizer" in NEW/config.json'
        return with_casing_cure(found, note, call=Call("import", self.name, output="NEW"))

    def sizes(self) -> tuple[dict[str, Any], Gelu]:
        return with_defaults(self._settings["backbone"]), self._settings.get("gelu", "tanh")

    def read(self, *, head: bool = True) -> ModelData:
        specs = weight_specs(self.sizes()[0], len(self.labels()))
        with zipfile.ZipFile(self.local_path) as archive:
            weights = io.BytesIO(archive.read("model.weights.h5"))
        arrays = read_h5(weights, f"{self.name}: model.weights.h5", specs, format="keras")
        return own_model_data(self.kind, self.name, self._settings, self.tokenizer(), arrays)

    @cached_property
    def _settings(self) -> dict[str, Any]:
        return read_keras_config(self.local_path)["config"]


def read_keras_config(file: Path) -> dict[str, Any]:
    """Return the checked configuration in a .keras file, including what Keras puts around it.

    Raises:
        InputError: it does not hold a BertClassifier, its settings have types other than a
            classifier's, or the weights do not fill the model.
    """
    saved, held = check_keras_zip(file)
    if saved.get("registered_name") != "kbert>BertClassifier":
        name = str(saved.get("class_name"))[:80]
        raise InputError("{file} holds a {name}, not a BertClassifier.", file=file, name=name)
    settings: Any = saved.get("config")
    check_settings(settings, file)
    check_fits_file(settings["backbone"], len(settings["labels"]), held, file)
    return saved
