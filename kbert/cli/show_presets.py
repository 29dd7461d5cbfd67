"""Shows which presets there are, and how to fetch their files by hand."""

import importlib.util
from typing import Any

from kbert.cli.show import show, show_json
from kbert.findings import Call, Joined, Message, worded
from kbert.interop.known_presets import (
    HF_FILES,
    HF_WEIGHTS,
    PRESETS,
    KnownPreset,
    endpoint,
    page,
)
from kbert.interop.minilm import PACKAGE
from kbert.interop.model_caches import CachedModel, cache_folders, cached_models

_FILES = (*HF_FILES, HF_WEIGHTS)


def show_presets(*, as_json: bool) -> None:
    """Print the presets, the files of each, and what is in the caches of this machine."""
    cached = cached_models()
    if as_json:
        show_json(
            {
                "endpoint": endpoint(),
                "presets": [_record(preset, cached) for preset in PRESETS],
                "caches": {hub: str(folder) for hub, folder in cache_folders().items()},
                "cached": [
                    {"name": one.name, "folder": str(one.folder), "megabytes": one.megabytes}
                    for one in cached
                ],
            }
        )
        return
    for preset in PRESETS:
        show(
            worded(
                "{name}   {languages}: {suits}\n  {parameters:.1f} million parameters, "
                "{megabytes:.0f} MB in float32; {licence}; {where}\n  {page}",
                name=preset.name,
                languages=Message(preset.languages),
                suits=Message(preset.suits),
                parameters=preset.parameters / 1e6,
                megabytes=preset.megabytes,
                licence=preset.licence,
                where=_where(preset, cached),
                page=page(preset.repository),
            )
        )
        for name, checksum in preset.sha256.items():
            show(
                worded("    {name} of the package: sha256 {checksum}", name=name, checksum=checksum)
            )
    train = Call("train", "DATA", preset="FOLDER")
    show(
        worded(
            "\nWhere a hub is blocked: set HF_ENDPOINT to the address of a mirror and name a "
            "preset hf://OWNER/NAME; or fetch\n  {files}\nfrom the page of a preset by hand into "
            "a folder of their own, and name the folder: {train}\nFor the tokenizer, vocab.txt "
            "or tokenizer.json is enough; where a page has no model.safetensors, take "
            "pytorch_model.bin.",
            files=Joined(_FILES),
            train=train,
        )
    )
    show(
        worded("\nBERTs in the caches of this machine:")
        if cached
        else worded("\nNo BERT in the caches:")
    )
    for one in cached:
        show(f"  {one.name}   {one.megabytes:.0f} MB   {one.folder}")
    for hub, folder in cache_folders().items():
        show(f"  {hub}: {folder}{'' if folder.is_dir() else worded(' (does not exist)')}")


def _found(preset: KnownPreset, cached: list[CachedModel]) -> CachedModel | None:
    names = (f"hf://{preset.repository}", f"kaggle://{preset.kaggle}")
    return next((one for one in cached if one.name in names), None)


def _is_installed(preset: KnownPreset) -> bool:
    return preset.name == "minilm" and importlib.util.find_spec(PACKAGE) is not None


def _where(preset: KnownPreset, cached: list[CachedModel]) -> str:
    """Return whether a preset is on this machine."""
    if _is_installed(preset):
        return worded("installed")
    found = _found(preset, cached)
    return (
        worded("not on this machine")
        if found is None
        else worded("in the cache: {folder}", folder=found.folder)
    )


def _record(preset: KnownPreset, cached: list[CachedModel]) -> dict[str, Any]:
    found = _found(preset, cached)
    return {
        "name": preset.name,
        "languages": preset.languages,
        "suits": preset.suits,
        "parameters": preset.parameters,
        "megabytes": preset.megabytes,
        "licence": preset.licence,
        "hugging_face": preset.repository,
        "kaggle": preset.kaggle or None,
        "page": page(preset.repository),
        "files": [{"name": name, "sha256": preset.sha256.get(name)} for name in _FILES],
        "installed": _is_installed(preset),
        "folder": None if found is None else str(found.folder),
    }
