"""Refuses tokenizers of Hugging Face folders that treat texts differently from BERT's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kbert.choices import LongText
from kbert.errors import InputError
from kbert.findings import Message
from kbert.interop.hugging_face_tokenizer_config import CONFIG_FILE

_SWITCHES = ("do_lower_case", "tokenize_chinese_chars", "split_special_tokens")
_PIECES = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]"}


def check_special_pieces(config: dict[str, Any], folder: Path) -> None:
    """Raise InputError if the special pieces have names other than BERT's."""
    for name, expected in _PIECES.items():
        given = config.get(f"{name}_token", expected)
        content = given.get("content") if isinstance(given, dict) else given
        if content != expected:
            raise InputError(
                "{file}: {name}_token must be {expected!r}, as in BERT's tokenizer. Received: "
                "{content!r:.80}",
                file=folder / CONFIG_FILE,
                name=name,
                expected=expected,
                content=content,
            )


def check_switches(config: dict[str, Any], folder: Path) -> None:
    """Raise InputError when a setting is neither true nor false, which transformers refuses too."""
    for name in (*_SWITCHES, "strip_accents"):
        value = config.get(name, True)
        if not isinstance(value, bool) and (value is not None or name in _SWITCHES):
            raise InputError(
                "{file}: {name} must be {expected}. Received: {value!r:.80}",
                file=folder / CONFIG_FILE,
                name=name,
                expected=Message("true or false")
                if name in _SWITCHES
                else Message("true, false or null"),
                value=value,
            )


def kept_of_long_texts(config: dict[str, Any], spec: Any, folder: Path) -> LongText:
    """Return which part of a long text is kept; transformers names the side that is cut.

    tokenizer_config.json takes priority over tokenizer.json.
    """
    truncation = spec.get("truncation") if isinstance(spec, dict) else None
    told = truncation.get("direction") if isinstance(truncation, dict) else None
    side = config.get("truncation_side", "left" if told == "Left" else "right")
    if side not in ("left", "right"):
        raise InputError(
            "{file}: truncation_side must be left or right. Received: {side!r:.80}",
            file=folder / CONFIG_FILE,
            side=side,
        )
    return "head" if side == "right" else "tail"


def check_template(template: Any, ids: Mapping[str, int], file: Path) -> None:
    """Raise InputError unless [CLS] and [SEP] are put around texts as in BERT."""
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
