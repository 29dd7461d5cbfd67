"""The BERTs that are already in the caches of Hugging Face and Keras."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kbert.errors import KbertError
from kbert.interop.known_presets import HF_WEIGHTS
from kbert.utils.untrusted import read_json


@dataclass(frozen=True)
class CachedModel:
    """A folder in a cache that kbert can read.

    Args:
        name: str. The repository or preset.
        folder: Path. What `--preset` takes.
        megabytes: float. The size of its weights on the disk.
    """

    name: str
    folder: Path
    megabytes: float


def cache_folders() -> dict[str, Path]:
    """Return the folders that the hubs' clients keep downloads in, by the name of the hub.

    HF_HUB_CACHE, HF_HOME, KAGGLEHUB_CACHE, KERAS_HOME and XDG_CACHE_HOME are respected, as by the
    clients themselves.
    """
    home = Path.home()
    hugging_face = _path("HF_HOME", _path("XDG_CACHE_HOME", home / ".cache") / "huggingface")
    older = _path("HUGGINGFACE_HUB_CACHE", hugging_face / "hub")
    return {
        "Hugging Face": _path("HF_HUB_CACHE", older),
        "Kaggle": _path("KAGGLEHUB_CACHE", home / ".cache" / "kagglehub"),
        "Keras": _path("KERAS_HOME", home / ".keras") / "models",
    }


def cached_models() -> list[CachedModel]:
    """Return the BERTs with weights in the caches; of several versions, only the newest."""
    folders = cache_folders()
    found: dict[str, CachedModel] = {}
    patterns = {
        "Hugging Face": "models--*/snapshots/*/config.json",
        "Kaggle": "models/*/*/*/*/*/config.json",
        "Keras": "**/config.json",
    }
    for hub, pattern in patterns.items():
        configs = sorted(folders[hub].glob(pattern), key=_age) if folders[hub].is_dir() else []
        for config in configs:
            folder = config.parent
            size = sum(weights.stat().st_size for weights in _weights(folder))
            if size and _is_bert(config):
                name = _name(hub, folder, folders[hub])
                found[name] = CachedModel(name, folder, size / 1e6)
    return [found[name] for name in sorted(found)]


def _path(variable: str, default: Path) -> Path:
    """Return the folder that an environment variable names; an empty variable names none."""
    value = os.environ.get(variable)
    return Path(os.path.expandvars(value)).expanduser() if value else default


def _name(hub: str, folder: Path, cache: Path) -> str:
    parts = folder.relative_to(cache).parts
    if hub == "Hugging Face":
        return "hf://" + parts[0].removeprefix("models--").replace("--", "/")
    return "kaggle://" + "/".join(parts[1:]) if hub == "Kaggle" else "/".join(parts)


def _weights(folder: Path) -> Iterator[Path]:
    """Yield the weights files in a folder; broken links are skipped."""
    own = (folder / name for name in ("model.weights.h5", HF_WEIGHTS))
    for file in (*own, *folder.glob("model-*.safetensors"), *folder.glob("pytorch_model*.bin")):
        if file.is_file():
            yield file
            if file.name in ("model.weights.h5", HF_WEIGHTS):
                return


def _is_bert(config: Path) -> bool:
    with suppress(KbertError, OSError):
        values = read_json(config)
        return values.get("model_type") == "bert" or values.get("class_name") == "BertBackbone"
    return False


def _age(file: Path) -> float:
    with suppress(OSError):
        return file.stat().st_mtime
    return 0.0
