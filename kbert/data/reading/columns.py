"""Which columns of a table hold the text, its pair and the label."""

from collections.abc import Sequence
from dataclasses import dataclass

from kbert.data.reading.rows import Table
from kbert.errors import InputError
from kbert.findings import Cure, Option

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
# fmt: off
TEXT_NAMES = (
    "text", "texts", "sentence", "text_a", "sentence1", "review", "comment", "content",
    "document", "message", "tweet", "utterance", "body", "query", "question", "description",
    "文本", "内容", "评论", "句子", "正文",
)
LABEL_NAMES = (
    "label", "labels", "class", "category", "target", "sentiment", "intent", "gold_label",
    "topic", "tag", "quality", "is_duplicate", "y", "标签", "类别", "分类",
)
# fmt: on
_DELIMITERS = ";\t|"  # of files with other suffixes than theirs
_MAX_LISTED = 12
_MAX_NAME = 40  # characters of a name in a message


@dataclass(frozen=True)
class Columns:
    """The positions of the text, the pair and the label, and the names of all columns."""

    names: tuple[str, ...]
    text: int
    pair: int | None = None
    label: int | None = None

    def __str__(self) -> str:
        taken = [f"text = {self.names[self.text]!r}"]
        if self.pair is not None:
            taken.append(f"pair = {self.names[self.pair]!r}")
        if self.label is not None:
            taken.append(f"label = {self.names[self.label]!r}")
        return ", ".join(taken)


def choose_columns(
    table: Table,
    *,
    text: str | None = None,
    pair: str | None = None,
    label: str | None = None,
    need_label: bool = True,
) -> Columns:
    """Return the named columns, and for those not named the ones with a common name.

    Args:
        table: Table.
        text: str or None. A column's name, or its position from 0.
        pair: str or None. The second text's column; detected only when `text` is too.
        label: str or None. The label's column.
        need_label: bool. Whether a table without a label is refused. Defaults to True.

    Raises:
        KbertError: a named column is missing, none has a common name, or one is named twice.
    """
    _check_delimiter(table)
    if pair is not None and text is None:
        raise InputError(
            "{pair_option} {pair!r} was given without {text_option}. Name both columns.",
            pair_option=Option("pair"),
            pair=pair,
            text_option=Option("text"),
        )
    text_at: int | None
    if text is None:
        text_at, pair_at = _guess_texts(table)
    else:
        text_at = _find(table, "text", text)
        pair_at = None if pair is None else _find(table, "pair", pair)
    label_at = _guess(table, LABEL_NAMES) if label is None else _find(table, "label", label)
    if text_at is None or (label_at is None and need_label):
        wanted = {"text": text_at, "label": label_at} if need_label else {"text": text_at}
        raise _unrecognized(table, [name for name, at in wanted.items() if at is None])
    found = {"text": text_at, "pair": pair_at, "label": label_at}
    for first, second in (("text", "label"), ("text", "pair"), ("pair", "label")):
        at = found[first]
        if at is not None and at == found[second]:
            raise InputError(
                "{source}: the column {name!r} was named both as the {first} and as the {second}.",
                source=table.source,
                name=table.columns[at],
                first=first,
                second=second,
                cure=Cure({first: "NAME", second: "NAME"}, note="of two different columns"),
            )
    return Columns(tuple(table.columns), text_at, pair_at, label_at)


def _find(table: Table, option: str, name: str) -> int:
    """Return the position of the column with this name, or at this position."""
    names = list(table.columns)
    if names.count(name) > 1:
        raise InputError(
            "{source} has {count} columns {name!r}. Rename one in the file, or give its position "
            "from 0.",
            source=table.source,
            count=names.count(name),
            name=name,
            cure=Cure({option: str(names.index(name))}),
        )
    if name in names:
        return names.index(name)
    if name.isdigit() and int(name) < len(names):
        return int(name)
    raise InputError(
        "{source} has no column {name!r}. Its columns: {columns}.",
        source=table.source,
        name=name,
        columns=_listed(names),
        cure=Cure({option: "NAME"}, note="or the position from 0"),
    )


def _guess(table: Table, common: Sequence[str]) -> int | None:
    """Return the position of the first of some common names that the table has."""
    lower = [name.lower() for name in table.columns]
    return next((lower.index(name) for name in common if name in lower), None)


def _guess_texts(table: Table) -> tuple[int | None, int | None]:
    """Return the positions of the text and its pair, by common names."""
    lower = [name.lower() for name in table.columns]
    for first, second in PAIR_NAMES:
        if first in lower and second in lower:
            return lower.index(first), lower.index(second)
    return _guess(table, TEXT_NAMES), None


def _check_delimiter(table: Table) -> None:
    """Raise KbertError when a single column looks like several with another delimiter."""
    names = table.columns
    other = next((mark for mark in _DELIMITERS if len(names) == 1 and mark in names[0]), None)
    if other is not None:
        raise InputError(
            "{source}: only one column was found, {columns}; its fields seem to be separated by "
            "{other!r}.",
            source=table.source,
            columns=_listed(names),
            other=other,
            cure=Cure({"delimiter": other}),
        )


def _unrecognized(table: Table, missing: list[str]) -> InputError:
    """Return the error that columns were neither named nor have a common name."""
    if len(table.columns) == 1 and missing == ["label"]:
        return InputError(
            "{source} has no labels: its only column is {columns}.",
            source=table.source,
            columns=_listed(table.columns),
        )
    template = "{source}: no column could be recognized as the {missing}. Its columns: {columns}."
    other = Cure({"header": False}, note="if the first row is data")
    if not table.has_header:
        template += " The file was read as having no header."
    return InputError(
        template,
        source=table.source,
        missing=" or the ".join(missing),
        columns=_listed(table.columns),
        cure=Cure(dict.fromkeys(missing, "NAME"), otherwise=(other,) if table.has_header else ()),
    )


def _listed(names: Sequence[str]) -> str:
    """Return column names for a message: the first few, long ones cut, and how many there are."""
    short = [name if len(name) <= _MAX_NAME else name[: _MAX_NAME - 1] + "…" for name in names]
    more = f", … ({len(names)})" if len(names) > _MAX_LISTED else ""
    return ", ".join(map(repr, short[:_MAX_LISTED])) + more
