"""The tokenizer of a Hugging Face folder, as transformers 5 reads it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kbert.errors import InputError, KbertError
from kbert.findings import Cure
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

# What transformers calls its BertTokenizer, which takes only the pieces from a tokenizer.json ...
_BERT = (
    *("Bert", "DistilBert", "Electra", "MobileBert", "SqueezeBert", "LayoutLM", "Lxmert"),
    *("ConvBert", "DPRContextEncoder", "DPRQuestionEncoder", "DPRReader"),
)
# ... and what takes all of it.
_WHOLE_FILE = ("PreTrained", "TokenizersBackend", "PythonBackend")
_CONFIG, _FILE, _VOCABULARY = "tokenizer_config.json", "tokenizer.json", "vocab.txt"
# Those that say nothing of segments unless tokenizer_config.json tells them to.
_WITHOUT_SEGMENTS = ("DistilBert", "DPRReader", *_WHOLE_FILE)
_SWITCHES = ("do_lower_case", "tokenize_chinese_chars", "split_special_tokens")
_PIECES = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]"}


def hugging_face_tokenizer(folder: Path) -> Tokenizer:
    """Return the tokenizer whose ids are those of `AutoTokenizer.from_pretrained(folder)`.

    Its class decides. transformers' BertTokenizer, the default, takes the pieces of tokenizer.json
    or vocab.txt, and everything else from tokenizer_config.json. PreTrainedTokenizerFast is what
    tokenizer.json says.

    Raises:
        InputError: it is another class, or the files do not fit.
    """
    config = _configuration(folder)
    name, kind = _class_of(folder, config)
    _check_pieces(config, folder)
    _check_switches(config, folder)
    if kind in _BERT:
        return _bert_tokenizer(folder, config)
    if kind in _WHOLE_FILE:
        return _whole_file(folder, config)
    raise InputError(
        "{file}: tokenizer_class must be BertTokenizer, or PreTrainedTokenizerFast for what "
        "{tokenizer} says. Received: {name!r:.80}",
        file=folder / _CONFIG,
        tokenizer=_FILE,
        name=name,
        cure=Cure(note="name another model; its tokenizer is not BERT's"),
    )


def segments_note(folder: Path) -> tuple[str, ...]:
    """Return the line that tells where transformers gives both texts of a pair one segment."""
    config = _configuration(folder)
    name, kind = _class_of(folder, config)
    told = config.get("model_input_names")
    if "token_type_ids" in told if isinstance(told, list) else kind not in _WITHOUT_SEGMENTS:
        return ()
    return (
        f"Pairs: the second text has segment 1, as in BERT; {name} of transformers 5 gives it 0.",
    )


def _class_of(folder: Path, config: dict[str, Any]) -> tuple[Any, str]:
    """Return the name of a folder's tokenizer class, and what it is without its endings."""
    name = config.get("tokenizer_class")
    if name is None:
        name = _read_if_there(folder / "config.json").get("tokenizer_class") or "BertTokenizer"
    return name, str(name).removesuffix("Fast").removesuffix("Tokenizer")


def _configuration(folder: Path) -> dict[str, Any]:
    """Return tokenizer_config.json and what transformers takes from special_tokens_map.json."""
    config = _read_if_there(folder / _CONFIG)
    new, old = "extra_special_tokens", "additional_special_tokens"
    if old in config and not config.get(new):
        config[new] = config.pop(old)
    if "added_tokens_decoder" not in config:
        older = _read_if_there(folder / "special_tokens_map.json")
        lists = [c[new] for c in (config, older) if isinstance(c.get(new), list)]
        config = {**config, **older}
        if len(lists) == 2:
            config[new] = [*lists[0], *lists[1]]
    if config.get(new):
        config.pop(old, None)
    return config


def _bert_tokenizer(folder: Path, config: dict[str, Any]) -> Tokenizer:
    """Return what transformers' BertTokenizer makes of a folder."""
    file = folder / _FILE
    spec = read_json(file) if file.is_file() else None
    _check_truncation(config, spec, folder)
    settings = {
        "lowercase": config.get("do_lower_case", True),
        "strip_accents": config.get("strip_accents"),
        "split_cjk": config.get("tokenize_chinese_chars", True),
        "max_word_length": HUGGING_FACE_MAX_WORD,
    }
    if spec is None:
        found = Tokenizer.from_file(folder / _VOCABULARY, **settings)
    else:
        pieces = parse_vocabulary(spec, file, _pieces_beside(folder))
        found = _tokenizer({"vocabulary": pieces, **settings}, file)
    older = _read_if_there(folder / "added_tokens.json")
    listed = [] if spec is None else numbered_tokens(spec, file)
    added = added_tokens_beside(config, older, found.ids, folder, listed)
    found = _with_added(found, [*added, *_special_pieces(found, config, added)], config, folder)
    return with_casing_cure(found, '"do_lower_case": {value} in {file}', file=folder / _CONFIG)


def tokenizer_of_0_1(folder: Path) -> Tokenizer:
    """Return the tokenizer that kbert 0.1 read, for runs that were started with it.

    It followed tokenizer.json where there was one, and looked up words of 200 characters.
    """
    config = _configuration(folder)
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
        older = _read_if_there(folder / "added_tokens.json")
        added = added_tokens_beside(config, older, found.ids, folder)
    return _with_added(found, [*added, *_special_pieces(found, config, added)], {}, folder)


def _whole_file(folder: Path, config: dict[str, Any]) -> Tokenizer:
    """Return what a tokenizer.json says, with what tokenizer_config.json adds."""
    file = folder / _FILE
    if not file.is_file():
        raise InputError(
            "There is no file {file}, which a PreTrainedTokenizerFast needs.",
            file=file,
            cure=Cure(
                note='"tokenizer_class": "BertTokenizer" in {config}, for the pieces of vocab.txt',
                values={"config": folder / _CONFIG},
            ),
        )
    spec = read_json(file)
    _check_truncation(config, spec, folder)
    settings = parse_tokenizer_json(spec, file)
    ids = {piece: number for number, piece in enumerate(settings["vocabulary"])}
    _check_template(spec.get("post_processor"), ids, file)
    added = settings.pop("added_tokens")
    found = _tokenizer(settings, file)
    older = _read_if_there(folder / "added_tokens.json")
    beside = added_tokens_beside(config, older, found.ids, folder, numbered_tokens(spec, file))
    named = _contents(added)
    added += [token for token in beside if _contents([token]).isdisjoint(named)]
    found = _with_added(found, [*added, *_special_pieces(found, config, added)], config, folder)
    return with_casing_cure(found, '"lowercase": {value} in the normalizer of {file}', file=file)


def _check_pieces(config: dict[str, Any], folder: Path) -> None:
    """Raise InputError when the special pieces have other names than BERT's."""
    for name, expected in _PIECES.items():
        given = config.get(f"{name}_token", expected)
        content = given.get("content") if isinstance(given, dict) else given
        if content != expected:
            raise InputError(
                "{file}: {name}_token must be {expected!r}, as in BERT's tokenizer. Received: "
                "{content!r:.80}",
                file=folder / _CONFIG,
                name=name,
                expected=expected,
                content=content,
            )


def _check_switches(config: dict[str, Any], folder: Path) -> None:
    """Raise InputError when a setting is neither true nor false, which transformers refuses too."""
    for name in (*_SWITCHES, "strip_accents"):
        value = config.get(name, True)
        if not isinstance(value, bool) and (value is not None or name in _SWITCHES):
            raise InputError(
                "{file}: {name} must be {expected}. Received: {value!r:.80}",
                file=folder / _CONFIG,
                name=name,
                expected="true or false" if name in _SWITCHES else "true, false or null",
                value=value,
            )


def _check_truncation(config: dict[str, Any], spec: Any, folder: Path) -> None:
    """Raise InputError when long texts lose their beginnings; kbert cuts them at their ends.

    What tokenizer_config.json tells has priority over tokenizer.json.
    """
    truncation = spec.get("truncation") if isinstance(spec, dict) else None
    told = truncation.get("direction") if isinstance(truncation, dict) else None
    side = config.get("truncation_side", "left" if told == "Left" else "right")
    if side != "right":
        raise InputError(
            "{folder}: its tokenizer cuts long texts at the {side!r:.80} side; kbert cuts them at "
            "the right.",
            folder=folder,
            side=side,
            cure=Cure(
                note='"truncation_side": "right" in {config}, if its end is what a text can lose',
                values={"config": folder / _CONFIG},
            ),
        )


def _check_template(template: Any, ids: Mapping[str, int], file: Path) -> None:
    """Raise InputError unless [CLS] and [SEP] are put around texts as BERT has them."""
    kind = template.get("type") if isinstance(template, dict) else None
    around = {name: ids.get(name) for name in ("[CLS]", "[SEP]")}
    expected: dict[str, Any] = {
        "single": [("[CLS]", 0), ("A", 0), ("[SEP]", 0)],
        "pair": [("[CLS]", 0), ("A", 0), ("[SEP]", 0), ("B", 1), ("[SEP]", 1)],
        "ids": {name: [number] for name, number in around.items()},
    }
    try:
        if kind == "BertProcessing":
            own = dict([template["cls"], template["sep"]])
            found = expected if own == around else {}
        else:
            found = {
                name: [(p["id"], p["type_id"]) for part in template[name] for p in part.values()]
                for name in ("single", "pair")
            }
            found["ids"] = {name: template["special_tokens"][name]["ids"] for name in around}
    except (AttributeError, KeyError, TypeError, ValueError):
        found = {}
    if kind not in ("BertProcessing", "TemplateProcessing") or found != expected:
        raise InputError(
            "{file}: its post_processor must put [CLS] and [SEP] around texts, as in BERT's "
            "tokenizer. Received: {template!r:.80}",
            file=file,
            template=template,
        )


def _pieces_beside(folder: Path) -> list[str]:
    """Return the pieces of the vocab.txt beside a tokenizer.json, or none."""
    try:
        return parse_vocab_txt(read_bytes(folder / _VOCABULARY))
    except (OSError, UnicodeDecodeError):
        return []


def _special_pieces(
    found: Tokenizer, config: dict[str, Any], added: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the pieces that are called special without being added.

    They are never split; what is no piece has no weights.
    """
    named = _contents(added)
    special = {token["content"]: token for token in special_tokens(config)}
    return [t for text, t in special.items() if text in found.ids and text not in named]


def _contents(tokens: list[dict[str, Any]]) -> set[str]:
    """Return the texts of added tokens; what has none is refused where they are added."""
    return {text for token in tokens if isinstance(text := token.get("content"), str)}


def _tokenizer(settings: dict[str, Any], file: Path) -> Tokenizer:
    try:
        return Tokenizer.from_config(settings)
    except KbertError as error:
        raise InputError("{file}: {error}", file=file, error=error) from None


def _with_added(
    found: Tokenizer, tokens: list[dict[str, Any]], config: dict[str, Any], folder: Path
) -> Tokenizer:
    """Return a tokenizer with added tokens, special ones found in texts or not."""
    if not tokens:
        return found
    more: dict[str, Any] = {"added_tokens": tokens}
    if any(token.get("special") for token in tokens):
        more["split_special_tokens"] = config.get("split_special_tokens", False)
    return _tokenizer({**found.get_config(), **more}, folder)


def _read_if_there(file: Path) -> dict[str, Any]:
    return read_json(file) if file.is_file() else {}
