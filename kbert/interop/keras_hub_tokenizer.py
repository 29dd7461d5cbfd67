"""The tokenizer of a keras-hub folder."""

from pathlib import Path

from kbert.errors import InputError
from kbert.interop.source import with_casing_cure
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.untrusted import check_file, read_json

_BERT_SETTINGS = {"split": True, "suffix_indicator": "##", "oov_token": "[UNK]"}


def keras_hub_tokenizer(folder: Path, *, accents: bool = False) -> Tokenizer:
    """Return the tokenizer of a folder.

    Args:
        folder: Path.
        accents: bool. Whether to keep or strip accents as the folder says, for a head that was
            trained that way. Defaults to False: as in Google's code.
    """
    file = folder / "tokenizer.json"
    saved = read_json(file)
    config = saved.get("config", {})
    if saved.get("class_name", "BertTokenizer") != "BertTokenizer" or not isinstance(config, dict):
        raise InputError("{file}: a BertTokenizer was expected.", file=file)
    for name, expected in _BERT_SETTINGS.items():
        if config.get(name, expected) != expected:
            raise InputError(
                "{file}: {name} must be {expected!r}, as in BERT's tokenizer. Received: "
                "{value!r:.80}",
                file=file,
                name=name,
                expected=expected,
                value=config[name],
            )
    vocabulary = folder / "assets" / "tokenizer" / "vocabulary.txt"
    if vocabulary.exists():
        check_file(vocabulary, folder)
    found = Tokenizer.from_file(
        vocabulary,
        lowercase=config.get("lowercase", False),
        strip_accents=config.get("strip_accents") if accents else None,
        split_cjk=config.get("split_on_cjk", True),
    )
    return with_casing_cure(found, '"lowercase": {value} in the config of {file}', file=file)
