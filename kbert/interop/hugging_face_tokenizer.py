"""The tokenizer of a Hugging Face folder."""

from pathlib import Path
from typing import Any

from kbert.errors import InputError, KbertError
from kbert.tokenizer.hugging_face_files import added_tokens_beside, special_tokens
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.untrusted import read_json


def hugging_face_tokenizer(folder: Path) -> Tokenizer:
    """Return the tokenizer of a folder's tokenizer.json, or of its vocab.txt and settings."""
    config = _read_if_there(folder / "tokenizer_config.json")
    if "added_tokens_decoder" not in config:  # as transformers has it
        config = {**config, **_read_if_there(folder / "special_tokens_map.json")}
    if (folder / "tokenizer.json").is_file():
        found = Tokenizer.from_file(folder / "tokenizer.json")
    else:
        found = Tokenizer.from_file(
            folder / "vocab.txt",
            lowercase=config.get("do_lower_case", True),
            strip_accents=config.get("strip_accents"),
            split_cjk=config.get("tokenize_chinese_chars", True),
        )
        older = _read_if_there(folder / "added_tokens.json")
        found = _with_added(found, added_tokens_beside(config, older, found.ids, folder), folder)
    named = {token["content"] for token in found.added_tokens}
    special = {token["content"]: token for token in special_tokens(config)}
    # A piece that is called special without being added is never split; the rest has no weights.
    beside = [t for text, t in special.items() if text in found.ids and text not in named]
    return _with_added(found, beside, folder)


def _with_added(found: Tokenizer, tokens: list[dict[str, Any]], folder: Path) -> Tokenizer:
    if not tokens:
        return found
    added = [*found.added_tokens, *tokens]
    try:
        return Tokenizer.from_config({**found.get_config(), "added_tokens": added})
    except KbertError as error:
        raise InputError("{folder}: {error}", folder=folder, error=error) from None


def _read_if_there(file: Path) -> dict[str, Any]:
    return read_json(file) if file.is_file() else {}
