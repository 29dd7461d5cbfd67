"""Reads and writes the catalogues of kbert/locale, with Babel."""

import string
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tools.messages.extract import PACKAGE, Messages

LANGUAGE = "zh"
PO = PACKAGE / "locale" / LANGUAGE / "LC_MESSAGES" / "kbert.po"
MO = PO.with_suffix(".mo")
# Words that only English needs, such as "has" or "have"; a translation may leave them out.
OF_GRAMMAR = {"has", "are", "each"}


def read(path: Path = PO) -> Catalog:
    """Return a catalogue; an empty one if the file is missing."""
    if not path.exists():
        return Catalog(LANGUAGE, project="kbert", version="", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, LANGUAGE, abort_invalid=True)


def updated(old: Catalog, messages: Messages) -> Catalog:
    """Return a catalogue of exactly these messages, with the translations that they already had.

    Args:
        old: Catalog.
        messages: dict. As returned by `tools.messages.extract.messages`.
    """
    new = Catalog(LANGUAGE, project="kbert", version="", fuzzy=False)
    new.creation_date = new.revision_date = old.creation_date
    for message, places in messages.items():
        known = old.get(message if isinstance(message, str) else message[0])
        translation = known.string if known is not None and known.id == message else ""
        files = [(name, None) for name in dict.fromkeys(name for name, _ in places)]
        entry = new.add(message, translation, files)
        entry.flags = {"python-brace-format"}
    return new


def write(catalogue: Catalog, po: Path = PO, mo: Path = MO) -> None:
    """Write a catalogue for people and for gettext."""
    with po.open("wb") as file:
        write_po(file, catalogue, width=100, include_lineno=False, omit_header=False)
    with mo.open("wb") as file:
        write_mo(file, catalogue)


def faults(catalogue: Catalog) -> list[str]:
    """Return what is wrong with the translations: missing ones, and values that are not shown."""
    found = []
    for entry in catalogue:
        if not entry.id:
            continue
        given = entry.id if isinstance(entry.id, tuple) else (entry.id,)
        texts = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        if not all(texts):
            found.append(f"missing: {given[0]!r}")
        elif wrong := set.union(*map(_values, texts)) ^ set.union(*map(_values, given)):
            names = {name.lstrip("{").split("!")[0].split(":")[0].rstrip("}") for name in wrong}
            if names - OF_GRAMMAR:
                found.append(f"other values, {sorted(wrong)}: {given[0]!r}")
        elif texts[0].endswith("\n") != given[0].endswith("\n"):
            found.append(f"another line end: {given[0]!r}")
    return found


def _values(template: str) -> set[str]:
    """Return the names in braces of a template, with how they are converted and written."""
    return {
        "{" + name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "") + "}"
        for _, name, spec, conversion in string.Formatter().parse(template)
        if name is not None
    }
