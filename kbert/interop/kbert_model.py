"""kbert's own models: a folder of config.json, vocab.txt and model.safetensors, and runs."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from safetensors.numpy import load_file

from kbert.choices import Gelu, TokenPooling
from kbert.errors import InputError
from kbert.findings import Call, Cure, Finding, Message, Text
from kbert.interop.config_checks import check_fits_file, with_defaults
from kbert.interop.kbert_config import check_settings, folder_tokenizer, own_model_data
from kbert.interop.model_data import ModelData, take_weights
from kbert.interop.source import Source, with_casing_cure
from kbert.interop.unfinished_run import unfinished_run
from kbert.interop.weight_specs import weight_specs
from kbert.targets.known_targets import target_of
from kbert.targets.target import Target
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.foreign import foreign_input
from kbert.utils.untrusted import check_file, read_json
from kbert.utils.untrusted_weights import safetensors_size

FORMAT = "kbert-model-1"
CONFIG_FILE, WEIGHTS_FILE = "config.json", "model.safetensors"
RUN_FILE = "run.json"


class ModelFolder(Source):
    """A folder that `BertClassifier.save_to` has written."""

    kind: ClassVar[Text] = Message("a kbert model")

    @classmethod
    def recognises(cls, name: str) -> bool:
        return _is_model(Path(name), Path(name))

    @property
    def folder(self) -> Path:
        """The folder with the model's files."""
        return self.local_path

    def check(self) -> None:
        format = self._config().get("format")
        if format != FORMAT:
            raise InputError(
                "{file} has the format {format!s:.80}, and {expected} was expected. Install the "
                "version of kbert that wrote it.",
                file=self.folder / CONFIG_FILE,
                format=format,
                expected=FORMAT,
            )

    def labels(self) -> tuple[str, ...]:
        return tuple(self.settings()["labels"])

    def target(self) -> Target:
        settings = self.settings()
        return target_of(settings.get("target"), len(settings["labels"]))

    def max_length(self) -> int | None:
        return self.settings().get("max_length")

    def pooling(self) -> TokenPooling:
        return self.settings().get("pooling", "cls")

    def temperature(self) -> float:
        return float(self.settings().get("temperature", 1.0))

    def tokenizer(self) -> Tokenizer:
        found = self._whole_tokenizer(self.settings())
        note = '"lowercase": {value} of the "tokenizer" in {file}'
        return with_casing_cure(found, note, file=self.folder / CONFIG_FILE)

    def sizes(self) -> tuple[dict[str, Any], Gelu]:
        settings = self.settings()
        return with_defaults(settings["backbone"]), settings.get("gelu", "tanh")

    def settings(self) -> dict[str, Any]:
        """Return the model's `get_config`, without the vocabulary."""
        self.check()
        settings = self._config()
        for name in ("format", "tokens"):
            settings.pop(name, None)
        check_settings(settings, self.folder / CONFIG_FILE)
        return settings

    def read(self, *, head: bool = True) -> ModelData:
        settings, file = self.settings(), self.folder / WEIGHTS_FILE
        tokenizer = self._whole_tokenizer(settings)
        backbone, classes = with_defaults(settings["backbone"]), len(settings["labels"])
        check_fits_file(backbone, classes, safetensors_size(file), file)
        held = read_arrays(file)
        arrays = take_weights(
            weight_specs(backbone, classes),
            {name: array.shape for name, array in held.items()},
            held.__getitem__,
            file,
            format="kbert",
        )
        return own_model_data(self.kind, self.name, settings, tokenizer, arrays)

    def _whole_tokenizer(self, settings: dict[str, Any]) -> Tokenizer:
        """Return the tokenizer of these settings, with all tokens that were saved."""
        found = folder_tokenizer(self.folder, settings)
        saved = self._config().get("tokens", len(found.vocabulary))  # unknown before 0.2
        if len(found.vocabulary) != saved:
            raise InputError(
                "{file} has {found:,} tokens, and the model was saved with {saved!r:.80}: the file "
                "was cut or changed.",
                file=self.folder / "vocab.txt",
                found=len(found.vocabulary),
                saved=saved,
                cure=Cure(note="copy the model's folder again"),
            )
        return found

    def _config(self) -> dict[str, Any]:
        check_file(self.folder / CONFIG_FILE, self.local_path)
        return read_json(self.folder / CONFIG_FILE)


class Run(ModelFolder):
    """A run directory, with the model of its best epoch."""

    kind = Message("a kbert run")

    @classmethod
    def recognises(cls, name: str) -> bool:
        run = Path(name)
        return (run / RUN_FILE).is_file() or _is_model(run / "model", run)

    @property
    def folder(self) -> Path:
        return self.local_path / "model"

    def check(self) -> None:
        if not (self.folder / CONFIG_FILE).is_file():
            if "cross_validation" in self._record():
                raise InputError(
                    "{run} is a cross-validation: each of its folds has a model of its own.",
                    run=self.name,
                    cure=Cure(
                        note="name a fold, such as {fold}", values={"fold": f"{self.name}/fold-1"}
                    ),
                )
            if "sweep" in self._record():
                raise _no_model_of_a_sweep(self.local_path)
            again = Cure(
                note="train again with the settings in {config}",
                values={"config": self.local_path / "config.toml"},
            )
            raise InputError(
                "{run} is a run without a trained model (its status is {status!r:.80}).",
                run=self.name,
                status=self._record().get("status"),
                cure=Cure(
                    note="finish it first: {call}",
                    values={"call": Call("resume", self.local_path)},
                    otherwise=(again,),
                ),
            )
        super().check()

    def findings(self) -> list[Finding]:
        found = unfinished_run(self.local_path, self._record())
        return [] if found is None else [found]

    def text_pairs(self) -> bool | None:
        pairs = self._record().get("text_pairs")
        return pairs if isinstance(pairs, bool) else None

    def _record(self) -> dict[str, Any]:
        file = self.local_path / RUN_FILE
        return read_json(file) if file.is_file() else {}


def _no_model_of_a_sweep(sweep: Path) -> InputError:
    """Return the error for naming a sweep instead of one of its runs."""
    final = sweep / "final"
    if _is_model(final / "model", final):
        cure = Cure(note="name its final run: {final}", values={"final": final})
    else:
        cure = Cure(note="finish it first: {call}", values={"call": Call("resume", sweep)})
    return InputError(
        "{sweep} is a sweep: each of its runs has a model of its own.", sweep=sweep, cure=cure
    )


def _is_model(folder: Path, root: Path) -> bool:
    """Whether a folder holds a kbert model of any version; links must not lead out of `root`."""
    file = folder / CONFIG_FILE
    if not file.is_file():
        return False
    check_file(file, root)
    return str(read_json(file).get("format")).startswith("kbert-model-")


def read_arrays(file: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a safetensors file, or raise InputError."""
    with foreign_input("{file} cannot be read: {reason}", file=file):
        return load_file(file)
