"""Checkpoints of google-research/bert: releases, and output directories of run_classifier.py."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kbert.choices import Gelu
from kbert.errors import InputError
from kbert.findings import Call, Cure, Message, Option, worded
from kbert.interop.config_fields import GOOGLE, unknown_note
from kbert.interop.google_names import VariableNames
from kbert.interop.google_variables import checkpoint_prefix, open_checkpoint, read_step
from kbert.interop.hugging_face_weights import holds_weights
from kbert.interop.labels_file import read_labels_file
from kbert.interop.masked_head import masked_head_specs
from kbert.interop.model_data import ModelData, bert_sizes, take_weights
from kbert.interop.source import Source, with_casing_cure
from kbert.interop.stored_names import Shapes
from kbert.interop.weight_specs import weight_specs
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.untrusted import read_bytes, read_json

GOOGLE_CONFIG, _VOCABULARY = "bert_config.json", "vocab.txt"
# The folder names of Google's releases, as its validate_case_matches_checkpoint knows them.
_CASED = re.compile(r"(?<!un)cased_")
_UNCASED = re.compile(r"uncased_|chinese_|multilingual_")


@dataclass(frozen=True)
class GoogleCheckpoint(Source):
    """A release of Google's BERT, or the output directory of run_classifier.py.

    Args:
        name: str. The folder.
        base: str or Path. The folder with bert_config.json and vocab.txt, which an output
            directory lacks: the release that was fine-tuned. Defaults to None: the folder itself.
        lowercase: bool or None. Whether the vocabulary is lower-case. Defaults to None: see
            `read_google`.
    """

    base: str | Path | None = None
    lowercase: bool | None = None
    kind = Message("a TF1 checkpoint of Google's BERT")
    options = ("base", "lowercase")

    @classmethod
    def recognises(cls, name: str) -> bool:
        folder = Path(name)
        if not folder.is_dir() or (folder / "config.json").exists():
            return False
        if checkpoint_prefix(folder) is not None:
            return True
        return (folder / GOOGLE_CONFIG).is_file() and not holds_weights(folder)

    def check(self) -> None:
        for name in (GOOGLE_CONFIG, _VOCABULARY):
            if not (self._release / name).is_file():
                raise InputError(
                    "{release} holds no {name}.",
                    release=self._release,
                    name=name,
                    cure=Cure(
                        note="{base} is the release that {folder} was trained from",
                        values={"base": Option("base"), "folder": self.name},
                        call=Call("import", self.name, base="RELEASE", output="NEW"),
                    ),
                )

    def labels(self) -> tuple[str, ...] | None:
        return read_labels_file(self.local_path)

    def tokenizer(self) -> Tokenizer:
        lowercase, _ = _casing(self._release, self.lowercase)
        found = Tokenizer.from_file(self._release / _VOCABULARY, lowercase=lowercase)
        base = {} if self.base is None else {"base": self.base}
        again = Call("import", self.name, lowercase=not lowercase, output="NEW", **base)
        return with_casing_cure(found, "{again}, to train on NEW", again=again)

    def sizes(self) -> tuple[dict[str, Any], Gelu]:
        file = self._release / GOOGLE_CONFIG
        config = read_json(file)
        GOOGLE.check(config, file)
        activation = config.get("hidden_act", "gelu")
        if not isinstance(activation, str) or activation.lower() != "gelu":
            raise InputError(
                "{file}: hidden_act must be gelu. Received: {activation!r:.80}",
                file=file,
                activation=activation,
            )
        return bert_sizes(config, file), "tanh"

    def read(self, *, head: bool = True) -> ModelData:
        folder = self.local_path
        prefix = checkpoint_prefix(folder)
        if prefix is None:
            raise InputError(
                "{folder} holds no checkpoint (bert_model.ckpt.* or model.ckpt-N.*).",
                folder=folder,
            )
        self.check()
        sizes, gelu = self.sizes()
        lowercase, why = _casing(self._release, self.lowercase)
        with open_checkpoint(folder, prefix) as (shapes, read):
            names = VariableNames.find(shapes, folder / prefix)
            is_wanted = head and len(names.head) > 0
            classes = _classes(names, shapes, folder / prefix) if is_wanted else 0
            taken, left = names.taken(head=is_wanted), names.left(head=is_wanted)
            step = read_step(shapes, read)
            arrays = take_weights(
                weight_specs(sizes, classes, pooler=names.has_pooler),
                {bare: shapes[name] for bare, name in taken.items()},
                lambda bare: read(taken[bare]),
                folder / prefix,
                format="google",
                others=left,
            )
        file = self._release / GOOGLE_CONFIG
        return ModelData(
            kind=self.kind,
            source=self.name,
            backbone=sizes,
            gelu=gelu,
            read_tokenizer=self.tokenizer,
            arrays=arrays,
            classes=classes,
            labels=self.labels() if classes else None,
            notes=(
                worded("Lower-casing: {why}.", why=why)
                if lowercase
                else worded("No lower-casing: {why}.", why=why),
                *names.notes(step, left),
                *unknown_note(GOOGLE.check(read_json(file), file), file),
            ),
        )

    def masked_head(self) -> dict[str, np.ndarray] | None:
        folder, specs = self.local_path, masked_head_specs(self.sizes()[0])
        prefix = checkpoint_prefix(folder)
        if prefix is None:
            return None
        with open_checkpoint(folder, prefix) as (shapes, read):
            held = {s.google: shapes[s.google] for s in specs if s.google in shapes}
            return (
                take_weights(specs, held, read, folder / prefix, format="google") if held else None
            )

    @property
    def _release(self) -> Path:
        """The folder with bert_config.json and vocab.txt."""
        return self.local_path if self.base is None else Path(self.base)


def read_google(
    folder: str | Path, *, base: str | Path | None = None, lowercase: bool | None = None
) -> ModelData:
    """Return the model of a release, or of an output directory of run_classifier.py.

    Optimizer slots, global_step and other counters, and the pretraining heads are left out.

    Args:
        folder: str or Path. With bert_model.ckpt.* or model.ckpt-N.*.
        base: str or Path. The folder with bert_config.json and vocab.txt, which an output
            directory lacks: the release that was fine-tuned. Defaults to None: the folder itself.
        lowercase: bool or None. Defaults to None: by the folder's name if it is one of
            Google's, else by whether the vocabulary has upper-case pieces.

    Raises:
        InputError: files are missing, or weights are missing, surplus or misshapen.

    Source: `modeling.py`, `optimization.py` and `tokenization.py` of google-research/bert.
    """
    return GoogleCheckpoint(str(folder), base, lowercase).read()


def _classes(names: VariableNames, shapes: Shapes, source: Path) -> int:
    """Return the number of classes of a head, or raise InputError if it does not classify texts."""
    shape = shapes[next(iter(names.head.values()))]
    if names.has_pooler and shape and shape[0] > 1:
        return shape[0]
    reason = worded("its head has one output and does not choose between classes")
    raise InputError(
        "{source}: {reason}. To train a new head on its encoder: {train}",
        source=source,
        reason=reason
        if names.has_pooler
        else Message("it has no pooler, so its head does not classify texts"),
        train=Call("train", "DATA", preset=source.parent, output="NEW"),
    )


def _casing(folder: Path, lowercase: bool | None) -> tuple[bool, str]:
    """Return whether to lower-case, and why."""
    if lowercase is not None:
        return lowercase, worded("set by {lowercase}", lowercase=Option("lowercase"))
    name = folder.resolve().name
    if _CASED.search(name) or _UNCASED.search(name):
        return not _CASED.search(name), worded("by the folder's name, {name}", name=name)
    text = read_bytes(folder / _VOCABULARY, folder).decode("utf-8", "replace")
    upper = next((p for p in text.split("\n") if not p.startswith("[") and p != p.lower()), None)
    if upper is None:
        return True, worded("the vocabulary has no upper-case pieces")
    return False, worded(
        "the vocabulary has upper-case pieces, such as {strip!r}", strip=upper.strip()
    )
