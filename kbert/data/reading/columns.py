"""Which columns of a table hold the text, its pair, the label and the weight."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations
from typing import Any

from kbert.data.reading.common_names import (
    LABEL_NAMES,
    PAIR_NAMES,
    TEXT_NAMES,
    label_column_names,
)
from kbert.data.reading.label_columns import check_several, label_names_of
from kbert.data.reading.no_label_column import NoLabelColumn
from kbert.data.reading.rows import Table
from kbert.errors import InputError
from kbert.findings import Cure, Joined, Message, Option, worded
from kbert.targets.target import Target

ROLES = ("text", "pair", "label", "weight", "group", "split_by_time")  # of columns
_WORDS = {"split_by_time": "time"}  # for what a column holds, where this is not the option's name
_DELIMITERS = ";\t|"  # looked for in files whose suffix stands for another delimiter
# The words for the columns that are looked for.
_PARTS = {"text": Message("text"), "pair": Message("second text"), "label": Message("label")}
_FORMATS = {"\t": {"format": "tsv"}, ",": {"format": "csv"}}
_MAX_LISTED = 12
_MAX_NAME = 40  # characters of a name in a message


@dataclass(frozen=True)
class Columns:
    """The positions of the text, the pair, the label and the weight, and all columns' names.

    `label` is the only or the first of the columns `labels`.
    """

    names: tuple[str, ...]
    text: int
    pair: int | None = None
    label: int | None = None
    weight: int | None = None
    group: int | None = None
    split_by_time: int | None = None
    more_labels: tuple[int, ...] = ()

    @property
    def labels(self) -> tuple[int, ...]:
        """The positions of the label's columns; there are several if a label is several numbers."""
        return () if self.label is None else (self.label, *self.more_labels)

    def __str__(self) -> str:
        taken = [f"text = {self.names[self.text]!r}"]
        if self.pair is not None:
            taken.append(f"pair = {self.names[self.pair]!r}")
        if self.label is not None:
            listed = Joined(repr(self.names[at]) for at in self.labels)
            taken.append(f"label{'s' if self.more_labels else ''} = {listed}")
        if self.weight is not None:
            taken.append(f"weight = {self.names[self.weight]!r}")
        if self.group is not None:
            taken.append(f"group = {self.names[self.group]!r}")
        if self.split_by_time is not None:
            taken.append(f"time = {self.names[self.split_by_time]!r}")
        return str(Joined(taken))


def choose_columns(
    table: Table,
    *,
    text: Any = None,
    pair: Any = None,
    label: Any = None,
    weight: Any = None,
    group: Any = None,
    split_by_time: Any = None,
    need_label: bool = True,
    need_weight: bool = True,
    target: Target | None = None,
    need_split: bool = True,
) -> Columns:
    """Return the named columns; for those that are not named, the ones with a common name.

    Args:
        table: Table.
        text: str, int or None. A column's name, or its position from 0; a name that is not a
            string, as in a data frame, may be given as it is.
        pair: str, int or None. The second text's column; detected only when `text` is too.
        label: str, int, sequence of them or None. The label's column, or columns; a string may
            name several, separated by commas.
        weight: str, int or None. The column of the rows' weights, which is never guessed.
        group: str, int or None. The column of the rows' groups, which is never guessed; it may be
            one of the texts.
        split_by_time: str, int or None. The column of the rows' times, which is never guessed.
        need_label: bool. Whether a table without a label is refused. Defaults to True.
        need_weight: bool. Whether a table without the column of the weights is refused. Defaults to
            True.
        target: Target or None. What a label is: numbers have common names of their own, and, like
            probabilities, may be in several columns. Defaults to None: not known.
        need_split: bool. Whether a table without the columns of groups and times is refused.
            Defaults to True.

    Raises:
        KbertError: a named column is missing, none has a common name, or one is named twice.
    """
    check_delimiter(table)
    if pair is not None and text is None:
        raise InputError(
            "{pair_option} {pair!r} was given without {text_option}. Name both columns.",
            pair_option=Option("pair"),
            pair=pair,
            text_option=Option("text"),
        )
    text_at: int | None
    guessed = {}
    if text is None:
        text_at, pair_at = _guess_texts(table)
        guessed = {"text": text_at} if pair_at is None else {"text": text_at, "pair": pair_at}
    else:
        text_at = _find(table, "text", text)
        pair_at = None if pair is None else _find(table, "pair", pair)
    label_ats: list[int | None]
    if label is None:
        label_ats = [_guess(table, label_column_names(None if target is None else target.kind))]
    else:
        several = target is not None and not target.takes_names
        label_ats = [_find(table, "label", name) for name in label_names_of(table, label, several)]
    label_at = label_ats[0]
    if label is None and need_label:
        guessed["label"] = label_at
    _check_guesses(table, guessed)
    assert text_at is not None  # given, or guessed and checked
    weight_at = None
    if weight is not None and (need_weight or weight in table.columns):
        weight_at = _find(table, "weight", weight)
    group_at = None
    if group is not None and (need_split or group in table.columns):
        group_at = _find(table, "group", group)
    time_at = None
    if split_by_time is not None and (need_split or split_by_time in table.columns):
        time_at = _find(table, "split_by_time", split_by_time)
    found = {"text": text_at, "pair": pair_at, "label": label_at, "weight": weight_at}
    found["group"] = None if group_at in (text_at, pair_at) else group_at  # it may be a text
    found["split_by_time"] = time_at
    for first, second in combinations(found, 2):
        at = found[first]
        if at is not None and at == found[second]:
            raise InputError(
                "{source}: the column {name!r} was named both as the {first} and as the {second}.",
                source=table.source,
                name=table.columns[at],
                first=_WORDS.get(first, first),
                second=_WORDS.get(second, second),
                cure=Cure({first: "NAME", second: "NAME"}, note="of two different columns"),
            )
    more_labels = [at for at in label_ats[1:] if at is not None]
    check_several(table, found, [*label_ats[:1], *more_labels])
    ats = (text_at, pair_at, label_at, weight_at, group_at, time_at)
    return Columns(tuple(table.columns), *ats, tuple(more_labels))


def _find(table: Table, option: str, name: Any) -> int:
    """Return the position of the column with this name, or at this position."""
    names = list(table.columns)
    name = name if isinstance(name, str) else str(name)  # 0, or a name that is not a string
    if names.count(name) > 1:
        raise _twice(table, option, name)
    if name in names:
        return names.index(name)
    if name in table.left_out:
        raise _not_cells(table, option, name)
    if name.isascii() and name.isdigit() and len(name) < 10 and int(name) < len(names):
        return int(name)
    near = get_close_matches(name.casefold(), [n.casefold() for n in names], n=1)
    template = "{source} has no column {name!r}."
    if near:
        template += " Did you mean {near!r}?"
    raise InputError(
        template + " Its columns: {columns}.",
        source=table.source,
        name=name,
        near=next((n for n in names if n.casefold() in near), None),
        columns=listed_columns(names),
        cure=Cure({option: "NAME"}, note="or the position from 0"),
    )


def _twice(table: Table, option: str, name: str) -> InputError:
    """Return the error for a name that several columns have."""
    names = list(table.columns)
    return InputError(
        "{source} has {count} columns {name!r}. Rename one, or give its position from 0.",
        source=table.source,
        count=names.count(name),
        name=name,
        cure=Cure({option: str(names.index(name))}),
    )


def _not_cells(table: Table, option: str, name: str) -> InputError:
    """Return the error for a column whose values are of a kind that cannot be used."""
    template = "{source}: the column {name!r} holds {kind}, not {what}s."
    if option == "label" and table.left_out[name] == "lists":
        template = (
            "{source}: the column {name!r} holds {kind}, where one class per text was expected."
        )
    what = "text" if option == "pair" else _WORDS.get(option, option)
    return InputError(
        template,
        source=table.source,
        name=name,
        kind=table.left_out[name],
        what=what,
        cure=Cure(
            {option: "NAME"}, note="of a column with one {what} per row", values={"what": what}
        ),
    )


def _guess(table: Table, common: Sequence[str]) -> int | None:
    """Return the position of the first common name that the table has."""
    for name in common:
        for names in (list(table.columns), [column.lower() for column in table.columns]):
            if name in names:
                return names.index(name)
    return None


def _guess_texts(table: Table) -> tuple[int | None, int | None]:
    """Return the positions of the text and its pair, by common names."""
    for first, second in PAIR_NAMES:
        found = _guess(table, (first,)), _guess(table, (second,))
        if None not in found:
            return found
    return _guess(table, TEXT_NAMES), None


def _check_guesses(table: Table, guessed: dict[str, int | None]) -> None:
    """Raise InputError if a guessed column's name occurs twice, or no column could be guessed."""
    for option, at in guessed.items():
        if at is not None and list(table.columns).count(table.columns[at]) > 1:
            raise _twice(table, option, table.columns[at])
        common = LABEL_NAMES if option == "label" else TEXT_NAMES
        left_out = [name for name in table.left_out if name.lower() in common]
        if at is None and left_out:
            raise _not_cells(table, option, left_out[0])
    missing = [option for option, at in guessed.items() if at is None]
    if missing:
        raise _unrecognized(table, missing)


def check_delimiter(table: Table) -> None:
    """Raise KbertError when a single column looks like several with another delimiter."""
    if len(table.columns) != 1:
        return
    (name,) = table.columns
    other = next((mark for mark in _DELIMITERS if mark in name), None)
    names = [part.strip().casefold() for part in name.split(",")]
    if other is None and len(names) > 1 and set(names) & {*TEXT_NAMES, *LABEL_NAMES}:
        other = ","
    if other is None:
        return
    raise InputError(
        "{source}: only one column was found, {columns}; its fields seem to be separated by "
        "{other}.",
        source=table.source,
        columns=listed_columns(table.columns),
        other={"\t": Message("tabs"), ",": Message("commas")}.get(other, repr(other)),
        # The format also determines the quoting.
        cure=Cure(_FORMATS.get(other, {"delimiter": other})),
    )


def _unrecognized(table: Table, missing: list[str]) -> InputError:
    """Return the error for columns that were not named and have no common name."""
    columns = listed_columns(table.columns)
    if len(table.columns) == 1 and missing == ["label"]:
        return NoLabelColumn(
            "{source} has no labels: its only column is {columns}.",
            source=table.source,
            columns=columns,
            cure=Cure({"format": "csv"}, note="or tsv, if each line holds a text and its label")
            if table.has_header is False
            else None,
        )
    template = "{source}: no column could be recognized as the {missing}. Its columns: {columns}."
    other = Cure({"header": False}, note="if the first row is data")
    if table.has_header is False:
        template += " The file was read as having no header."
    values = {
        "source": table.source,
        "missing": Joined([_PARTS[name] for name in missing], worded(" or the ")),
        "columns": columns,
    }
    otherwise = (other,) if table.has_header else ()
    cure = Cure(dict.fromkeys(missing, "NAME"), otherwise=otherwise)
    if missing == ["label"]:
        return NoLabelColumn(template, cure=cure, **values)
    return InputError(template, cure=cure, **values)


def listed_columns(names: Sequence[str]) -> str:
    """Return column names for a message: the first few, long ones cut, and how many there are."""
    short = [name if len(name) <= _MAX_NAME else name[: _MAX_NAME - 1] + "…" for name in names]
    more = [f"… ({len(names)})"] if len(names) > _MAX_LISTED else []
    return Joined([*map(repr, short[:_MAX_LISTED]), *more])
