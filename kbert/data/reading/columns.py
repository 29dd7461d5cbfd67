"""Which columns of a table hold the text, its pair and the label."""

from collections.abc import Sequence
from dataclasses import dataclass

from kbert.errors import InputError

# Common names, in the order of preference; compared in lower case.
PAIR_NAMES = (
    ("sentence1", "sentence2"),
    ("question1", "question2"),
    ("text_a", "text_b"),
    ("text1", "text2"),
    ("premise", "hypothesis"),
    ("question", "sentence"),
    ("#1 string", "#2 string"),
)
TEXT_NAMES = (
    *("text", "texts", "sentence", "text_a", "sentence1", "review", "comment", "content"),
    *("document", "message", "tweet", "utterance", "body", "query", "question", "description"),
    *("文本", "内容", "评论", "句子", "正文"),
)
LABEL_NAMES = (
    *("label", "labels", "class", "category", "target", "sentiment", "intent", "gold_label"),
    *("topic", "tag", "quality", "is_duplicate", "y", "标签", "类别", "分类"),
)


@dataclass(frozen=True)
class Columns:
    """The positions of the text, the pair and the label, and the names they go by."""

    names: tuple[str, ...]
    text: int
    pair: int | None = None
    label: int | None = None

    def __str__(self) -> str:
        """Return what was taken, for a person."""
        taken = [f"text = {self.names[self.text]!r}"]
        if self.pair is not None:
            taken.append(f"pair = {self.names[self.pair]!r}")
        if self.label is not None:
            taken.append(f"label = {self.names[self.label]!r}")
        return ", ".join(taken)


def choose_columns(
    names: Sequence[str],
    source: str,
    *,
    text: str | None = None,
    pair: str | None = None,
    label: str | None = None,
    need_label: bool = True,
    has_header: bool = True,
) -> Columns:
    """Return the named columns, and for those not named the ones with a common name.

    Args:
        names: the table's columns.
        source: str. The name that messages use.
        text: str or None. A column's name, or its position from 0.
        pair: str or None. The second text's column; found by name only when `text` is too.
        label: str or None. The label's column.
        need_label: bool. Whether a table without a label is refused. Defaults to True.
        has_header: bool. Whether the names come from the file, for the message.

    Raises:
        KbertError: a named column is missing, none has a common name, or one is taken twice.
    """

    def find(name: str, option: str) -> int:
        if list(names).count(name) > 1:
            raise InputError(
                "{source} has {count} columns {name!r}. Rename one in the file, or give the "
                "position from 0: --{option} {index}",
                source=source,
                count=list(names).count(name),
                name=name,
                option=option,
                index=list(names).index(name),
            )
        if name in names:
            return list(names).index(name)
        if name.isdigit() and int(name) < len(names):
            return int(name)
        raise InputError(
            "{source} has no column {name!r}. Its columns: {listed}. Name one of them: "
            "--{option} NAME (or its position from 0)",
            source=source,
            name=name,
            listed=_listed(names),
            option=option,
        )

    other = next((mark for mark in ";\t|" if len(names) == 1 and mark in names[0]), None)
    if other is not None:
        raise InputError(
            "{source}: a single column was found, {listed}. Its fields seem to be divided by "
            "{other!r}: pass --delimiter {other!r}",
            source=source,
            listed=_listed(names),
            other=other,
        )
    lower = [name.lower() for name in names]
    text_at: int | None = None
    pair_at: int | None = None
    label_at: int | None = None
    if text is None and pair is None:
        for first, second in PAIR_NAMES:
            if first in lower and second in lower:
                text_at, pair_at = lower.index(first), lower.index(second)
                break
        else:
            text_at = next((lower.index(n) for n in TEXT_NAMES if n in lower), None)
    elif text is not None:
        text_at = find(text, "text")
    if pair is not None:
        if text is None:
            raise InputError(
                "A pair column ({pair!r}) was named without --text. Name both.", pair=pair
            )
        pair_at = find(pair, "pair")
    if label is not None:
        label_at = find(label, "label")
    else:
        label_at = next((lower.index(n) for n in LABEL_NAMES if n in lower), None)

    missing = [
        what
        for what, at in (("text", text_at), ("label", label_at))
        if at is None and (what == "text" or need_label)
    ]
    if missing:
        guess = "" if has_header else " The file was read as having no header."
        header = " If the first row is data, add --no-header." if has_header else ""
        if len(names) == 1 and missing == ["label"]:
            raise InputError(
                "{source} has no labels: its one column is {listed}.",
                source=source,
                listed=_listed(names),
            )
        raise InputError(
            "{source}: no column could be recognised as the {missing}. Its columns: "
            "{listed}.{guess} Name them: {missing2}.{header}",
            source=source,
            missing=" or the ".join(missing),
            listed=_listed(names),
            guess=guess,
            missing2=" ".join(f"--{what} NAME" for what in missing),
            header=header,
        )
    assert text_at is not None  # for the type checker: `missing` would hold it
    for what, at in (("label", label_at), ("pair", pair_at)):
        if at == text_at:
            raise InputError(
                "{source}: the column {names!r} was named both as the text and as the {what}. "
                "Name two different columns: --text NAME --{what} NAME",
                source=source,
                names=names[text_at],
                what=what,
            )
    if pair_at is not None and pair_at == label_at:
        raise InputError(
            "{source}: the column {names!r} was named both as the pair and as the label. Name "
            "two different columns: --pair NAME --label NAME",
            source=source,
            names=names[pair_at],
        )
    return Columns(tuple(names), text_at, pair_at, label_at)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name if len(name) <= 40 else name[:39] + "…") for name in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")
