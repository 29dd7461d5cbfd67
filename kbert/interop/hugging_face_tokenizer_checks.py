"""Refuses tokenizers of Hugging Face folders that treat texts otherwise than BERT's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kbert.errors import InputError
from kbert.findings import Cure
from kbert.interop.hugging_face_tokenizer_config import CONFIG_FILE

_SWITCHES = ("do_lower_case", "tokenize_chinese_chars", "split_special_tokens")
_PIECES = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]"}


def check_special_pieces(config: dict[str, Any], folder: Path) -> None:
    """Raise InputError when the special pieces have other names than BERT's."""
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
                expected="true or false" if name in _SWITCHES else "true, false or null",
                value=value,
            )


def check_truncation(config: dict[str, Any], spec: Any, folder: Path) -> None:
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
                values={"config": folder / CONFIG_FILE},
            ),
        )


def check_template(template: Any, ids: Mapping[str, int], file: Path) -> None:
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
