"""The tokenizer of a Hugging Face folder, as transformers 5 reads it."""

from pathlib import Path
from typing import Any

from kbert.errors import InputError, KbertError
from kbert.findings import Cure
from kbert.interop.hugging_face_tokenizer_checks import (
    check_special_pieces,
    check_switches,
    check_template,
    kept_of_long_texts,
)
from kbert.interop.hugging_face_tokenizer_config import (
    BERT,
    CONFIG_FILE,
    WHOLE_FILE,
    read_if_there,
    tokenizer_class,
    tokenizer_config,
)
from kbert.interop.source import with_casing_cure
from kbert.tokenizer.hugging_face_files import (
    HUGGING_FACE_MAX_WORD,
    added_tokens_beside,
    numbered_tokens,
    parse_tokenizer_json,
    parse_vocabulary,
    special_tokens,
)
from kbert.tokenizer.rust_tokenizers import GOOGLE_MAX_WORD
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.tokenizer.vocabulary import parse_vocab_txt
from kbert.utils.untrusted import read_bytes, read_json

_FILE, _VOCABULARY = "tokenizer.json", "vocab.txt"


def hugging_face_tokenizer(folder: Path) -> Tokenizer:
    """Return the tokenizer whose ids are those of `AutoTokenizer.from_pretrained(folder)`.

    The tokenizer's class decides what is read. transformers' BertTokenizer, the default, takes the
    pieces from tokenizer.json or vocab.txt, and everything else from tokenizer_config.json.
    PreTrainedTokenizerFast follows tokenizer.json.

    Raises:
        InputError: it is another class, or the files do not fit.
    """
    config = tokenizer_config(folder)
    name, kind = tokenizer_class(folder, config)
    check_special_pieces(config, folder)
    check_switches(config, folder)
    if kind in BERT:
        return _bert_tokenizer(folder, config)
    if kind in WHOLE_FILE:
        return _whole_file(folder, config)
    raise InputError(
        "{file}: tokenizer_class must be BertTokenizer, or PreTrainedTokenizerFast, which uses "
        "{tokenizer}. Received: {name!r:.80}",
        file=folder / CONFIG_FILE,
        tokenizer=_FILE,
        name=name,
        cure=Cure(note="name another model; its tokenizer is not BERT's"),
    )


def _bert_tokenizer(folder: Path, config: dict[str, Any]) -> Tokenizer:
    """Return the tokenizer that transformers' BertTokenizer builds from a folder."""
    file = folder / _FILE
    spec = read_json(file) if file.is_file() else None
    settings = {
        "lowercase": config.get("do_lower_case", True),
        "strip_accents": config.get("strip_accents"),
        "split_cjk": config.get("tokenize_chinese_chars", True),
        "max_word_length": HUGGING_FACE_MAX_WORD,
        "long_text": kept_of_long_texts(config, spec, folder),
    }
    if spec is None:
        found = Tokenizer.from_file(folder / _VOCABULARY, **settings)
    else:
        pieces = parse_vocabulary(spec, file, _pieces_beside(folder))
        found = _tokenizer({"vocabulary": pieces, **settings}, file)
    older = read_if_there(folder / "added_tokens.json")
    listed = [] if spec is None else numbered_tokens(spec, file)
    added = added_tokens_beside(config, older, found.ids, folder, listed)
    found = _with_added(found, [*added, *_special_pieces(found, config, added)], config, folder)
    return with_casing_cure(found, '"do_lower_case": {value} in {file}', file=folder / CONFIG_FILE)


def tokenizer_of_0_1(folder: Path) -> Tokenizer:
    """Return the tokenizer that kbert 0.1 read, for runs that were started with it.

    It followed tokenizer.json if there was one, and looked up words of up to 200 characters.
    """
    config = tokenizer_config(folder)
    if (folder / _FILE).is_file():
        settings = parse_tokenizer_json(read_json(folder / _FILE), folder / _FILE)
        added = settings.pop("added_tokens")
        found = Tokenizer.from_config({**settings, "max_word_length": GOOGLE_MAX_WORD})
    else:
        found = Tokenizer.from_file(
            folder / _VOCABULARY,
            lowercase=config.get("do_lower_case", True),
            strip_accents=config.get("strip_accents"),
            split_cjk=config.get("tokenize_chinese_chars", True),
        )
        older = read_if_there(folder / "added_tokens.json")
        added = added_tokens_beside(config, older, found.ids, folder)
    return _with_added(found, [*added, *_special_pieces(found, config, added)], {}, folder)


def _whole_file(folder: Path, config: dict[str, Any]) -> Tokenizer:
    """Return the tokenizer that tokenizer.json describes, with what tokenizer_config.json adds."""
    file = folder / _FILE
    if not file.is_file():
        raise InputError(
            "There is no file {file}, which a PreTrainedTokenizerFast needs.",
            file=file,
            cure=Cure(
                note='"tokenizer_class": "BertTokenizer" in {config}, for the pieces of vocab.txt',
                values={"config": folder / CONFIG_FILE},
            ),
        )
    spec = read_json(file)
    settings = parse_tokenizer_json(spec, file)
    settings["long_text"] = kept_of_long_texts(config, spec, folder)
    ids = {piece: number for number, piece in enumerate(settings["vocabulary"])}
    check_template(spec.get("post_processor"), ids, file)
    added = settings.pop("added_tokens")
    found = _tokenizer(settings, file)
    older = read_if_there(folder / "added_tokens.json")
    beside = added_tokens_beside(config, older, found.ids, folder, numbered_tokens(spec, file))
    named = _contents(added)
    added += [token for token in beside if _contents([token]).isdisjoint(named)]
    found = _with_added(found, [*added, *_special_pieces(found, config, added)], config, folder)
    return with_casing_cure(found, '"lowercase": {value} in the normalizer of {file}', file=file)


def _pieces_beside(folder: Path) -> list[str]:
    """Return the pieces of the vocab.txt beside a tokenizer.json, or none."""
    try:
        return parse_vocab_txt(read_bytes(folder / _VOCABULARY))
    except (OSError, UnicodeDecodeError):
        return []


def _special_pieces(
    found: Tokenizer, config: dict[str, Any], added: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the pieces that are declared special but not added.

    They are never split. Special tokens that are not pieces have no weights.
    """
    named = _contents(added)
    special = {token["content"]: token for token in special_tokens(config)}
    return [t for text, t in special.items() if text in found.ids and text not in named]


def _contents(tokens: list[dict[str, Any]]) -> set[str]:
    """Return the texts of added tokens; a token without one is refused when it is added."""
    return {text for token in tokens if isinstance(text := token.get("content"), str)}


def _tokenizer(settings: dict[str, Any], file: Path) -> Tokenizer:
    try:
        return Tokenizer.from_config(settings)
    except KbertError as error:
        raise InputError("{file}: {error}", file=file, error=error) from None


def _with_added(
    found: Tokenizer, tokens: list[dict[str, Any]], config: dict[str, Any], folder: Path
) -> Tokenizer:
    """Return a tokenizer with added tokens; `config` says if special ones are found in texts."""
    if not tokens:
        return found
    more: dict[str, Any] = {"added_tokens": tokens}
    if any(token.get("special") for token in tokens):
        more["split_special_tokens"] = config.get("split_special_tokens", False)
    return _tokenizer({**found.get_config(), **more}, folder)
