"""Messages and cures as plain data, from which they can be worded again in another language."""

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from kbert.findings.count import Count
from kbert.findings.cure import Cure
from kbert.findings.message import Joined, Message
from kbert.findings.words import Call, Option, in_english, words

Stored = dict[str, Any]
_OR = ", or "

_NAMES = re.compile(r"[{][^}]*[}]?")  # a value, with all that a template can ask of it


def stored(shown: Message | Cure) -> Stored | None:
    """Return a message or a cure as plain data; None if it cannot be worded again from the data.

    Args:
        shown: Message or Cure.
    """
    try:
        data = _plain(shown)
        with in_english():
            return data if str(_made(data, is_trusted=True)) == str(shown) else None
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def worded_again(data: object, otherwise: str) -> str:
    """Return the data of `stored` in the words of the surface, or else the English text.

    The data may come from anyone, and formatting an unknown template is not safe. So only templates
    that the catalogue of the surface translates are used.

    Args:
        data: what a file holds.
        otherwise: str. What to return where it cannot be worded.
    """
    if not isinstance(data, dict) or words().text(_OR) == _OR:  # or the surface is English
        return otherwise
    try:
        return str(_made(data, is_trusted=False))
    except (ValueError, LookupError, TypeError, AttributeError):
        return otherwise


def _plain(value: Any) -> Any:
    """Return a value as plain data. Each dict is of one kind, which its first key names."""
    if value is None or type(value) is str or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Option) and not value.of:
        return {"option": value.name, "value": _plain(value.value)}
    if isinstance(value, Call):
        arguments = {"arguments": _plain(value.arguments), "settings": _settings(value.settings)}
        return {"call": value.verb, **arguments}
    if isinstance(value, Cure):
        return _plain_cure(value)
    if isinstance(value, Count):
        return {"one": value.template, "many": value.many, "number": value.values["number"]}
    if isinstance(value, Joined):
        return {"joined": _plain(value.parts), "separator": value.template}
    if type(value) is Message:
        return {"message": value.template, "values": _settings(value.values)}
    if hasattr(value, "item"):  # a NumPy number
        return _plain(value.item())
    raise ValueError(type(value).__name__)


def _plain_cure(cure: Cure) -> Stored:
    return {
        "cure": _settings(cure.settings),
        "note": cure.note,
        "call": _plain(cure.call),
        "code": cure.code,
        "values": _settings(cure.values),
        "otherwise": _plain(cure.otherwise),
    }


def _settings(settings: Mapping[str, Any]) -> Stored:
    return {name: _plain(value) for name, value in settings.items()}


def _made(data: Any, *, is_trusted: bool) -> Any:
    """Return what plain data stand for."""

    def made(part: Any) -> Any:
        return _made(part, is_trusted=is_trusted)

    def all_made(parts: Mapping[str, Any]) -> dict[str, Any]:
        return {name: made(part) for name, part in parts.items()}

    def known(template: str) -> str:
        if not is_trusted and template and words().text(template) == template:
            raise ValueError(f"{template!r} is no message")
        return template

    if isinstance(data, list):
        return [made(one) for one in data]
    if not isinstance(data, dict):
        return data
    if "option" in data:
        return Option(data["option"], made(data["value"]))
    if "cure" in data:
        return Cure(
            all_made(data["cure"]),
            known(data["note"]),
            made(data["call"]),
            data["code"],
            all_made(data["values"]),
            tuple(made(data["otherwise"])),
        )
    if "call" in data:
        verb = data["call"]
        return Call(verb, *made(data["arguments"]), **all_made(data["settings"]))
    if "one" in data:
        return Count(_known_count(data, is_trusted), data["many"], data["number"])
    if "joined" in data:
        return Joined(made(data["joined"]), data["separator"])
    return Message(known(data["message"]), **all_made(data["values"]))


def _known_count(data: Stored, is_trusted: bool) -> str:
    one, many, number = data["one"], data["many"], data["number"]
    known = words().number(one, many, number) not in (one, many)
    if not is_trusted and not (known and _NAMES.findall(many) == _NAMES.findall(one)):
        raise ValueError(f"{one!r} is no message")
    return str(one)
