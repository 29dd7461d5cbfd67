"""Texts that contain a special piece of BERT."""

import re

from kbert.data.reading.examples import Examples
from kbert.findings import Cure, Finding, Option
from kbert.tokenizer.added_tokens import GOOGLE_SPECIALS
from kbert.utils.wording import count_noun

_SPECIAL = re.compile("|".join(map(re.escape, GOOGLE_SPECIALS)))


def special_piece_findings(examples: Examples) -> list[Finding]:
    """Return a warning if texts contain "[SEP]" or another special piece."""
    columns = [examples.texts] if examples.pairs is None else [examples.texts, examples.pairs]
    held = [
        number
        for number, row in enumerate(zip(*columns, strict=True))
        if any("[" in text and _SPECIAL.search(text) for text in row)
    ]
    if not held:
        return []
    first = held[0]
    piece = next(found[0] for texts in columns if (found := _SPECIAL.search(texts[first])))
    kept = "leave it: model and exports read it as plain text"
    apart = Cure(
        note="put what is before and after it into two columns, and name the second: {pair}",
        values={"pair": Option("pair", "COLUMN")},
        otherwise=(Cure(note=kept),),
    )
    separates = piece == "[SEP]" and examples.pairs is None
    return [
        Finding(
            "special-pieces",
            "warning",
            "{rows} ({share:.1%}) contain {piece} or another special piece of BERT, the first: "
            "{place}. kbert reads it as plain text, as Google's code does: as {read}, not as "
            "the piece itself.",
            apart if separates else Cure(note="take it out", otherwise=(Cure(note=kept),)),
            {
                "rows": count_noun(len(held), "row"),
                "share": len(held) / len(examples),
                "piece": piece,
                "place": examples.place(examples.number(first)),
                "read": f'"[", "{piece[1:-1]}", "]"',
            },
        )
    ]
