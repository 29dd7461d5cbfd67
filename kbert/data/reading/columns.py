"""Which columns of a table hold the text, its pair and the label."""

from collections.abc import Sequence
from dataclasses import dataclass

from kbert.errors import KbertError

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
            raise KbertError(
                f"{source} has {list(names).count(name)} columns {name!r}. Rename one in the "
                f"file, or give the position from 0: --{option} {list(names).index(name)}"
            )
        if name in names:
            return list(names).index(name)
        if name.isdigit() and int(name) < len(names):
            return int(name)
        raise KbertError(
            f"{source} has no column {name!r}. Its columns: {_listed(names)}. "
            f"Name one of them: --{option} NAME (or its position from 0)"
        )

    other = next((mark for mark in ";\t|" if len(names) == 1 and mark in names[0]), None)
    if other is not None:
        raise KbertError(
            f"{source}: a single column was found, {_listed(names)}. Its fields seem to be "
            f"divided by {other!r}: pass --delimiter {other!r}"
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
            raise KbertError(f"A pair column ({pair!r}) was named without --text. Name both.")
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
            raise KbertError(f"{source} has no labels: its one column is {_listed(names)}.")
        raise KbertError(
            f"{source}: no column could be recognised as the {' or the '.join(missing)}. "
            f"Its columns: {_listed(names)}.{guess} Name them: "
            f"{' '.join(f'--{what} NAME' for what in missing)}.{header}"
        )
    assert text_at is not None  # for the type checker: `missing` would hold it
    for what, at in (("label", label_at), ("pair", pair_at)):
        if at == text_at:
            raise KbertError(
                f"{source}: the column {names[text_at]!r} was named both as the text and as the "
                f"{what}. Name two different columns: --text NAME --{what} NAME"
            )
    if pair_at is not None and pair_at == label_at:
        raise KbertError(
            f"{source}: the column {names[pair_at]!r} was named both as the pair and as the "
            "label. Name two different columns: --pair NAME --label NAME"
        )
    return Columns(tuple(names), text_at, pair_at, label_at)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name if len(name) <= 40 else name[:39] + "…") for name in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")
