import datetime
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert import Examples, InputError, read_examples
from kbert.data.reading.dev_split import split_by_text
from kbert.data.reading.row_groups import group_key, read_group
from kbert.data.reading.split_units import SplitUnits
from kbert.targets.labels import Labels

# Few texts, groups and classes, so that groups are joined by texts that they share.
ROWS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 20), st.integers(0, 2)), min_size=1, max_size=80
)


@pytest.mark.parametrize("cell", ["anna", " anna ", b"anna"])
def test_a_group_is_known_by_its_name(cell):
    assert read_group(cell, "author") == group_key("anna")


def test_numbers_and_dates_are_names_too():
    assert read_group(3, "g") == read_group("3", "g") == read_group(3.0, "g")
    assert read_group(datetime.date(2024, 5, 1), "g") == read_group("2024-05-01", "g")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", "the group (column 'g') is missing"),
        ("  ", "the group (column 'g') is missing"),
        (None, "the group (column 'g') is missing"),
        (float("nan"), "the group (column 'g') is missing"),
        ([1], "the group (column 'g') is a list, not a name: [1]"),
        (b"\xff\xfe\xff", "the group (column 'g') is bytes that are not utf-8"),
    ],
)
def test_cells_that_are_not_groups_are_refused(cell, reason):
    assert str(read_group(cell, "g")).startswith(reason)


@given(ROWS, st.floats(0.05, 0.6), st.integers(0, 99), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_texts_and_groups_are_on_one_side_whatever_the_row_order(rows, share, seed, random):
    def chosen(rows):
        units = SplitUnits.find(
            [f"t{t}" for t, _, _ in rows], seed, np.array([g for _, g, _ in rows])
        )
        in_dev = split_by_text(units, np.array([c for _, _, c in rows]), share)
        return {(text, group) for (text, group, _), side in zip(rows, in_dev, strict=True) if side}

    dev = chosen(rows)
    training = {(text, group) for text, group, _ in rows} - dev
    assert not {text for text, _ in dev} & {text for text, _ in training}
    assert not {group for _, group in dev} & {group for _, group in training}
    assert chosen(random.sample(rows, len(rows))) == dev


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=40))
@settings(deadline=None)
def test_units_are_the_connected_components(rows):
    units = SplitUnits.find([str(t) for t, _ in rows], 0, np.array([g for _, g in rows])).of_rows
    together = {place: {place} for place in range(len(rows))}  # by hand: joined until stable
    for _ in rows:
        for a, (text, group) in enumerate(rows):
            for b, (other, its_group) in enumerate(rows):
                if text == other or group == its_group:
                    together[a] |= together[b]
    for a in together:
        assert {b for b in together if units[a] == units[b]} == together[a]


def test_groups_of_one_row_split_like_no_groups():
    texts = [f"text {n}" for n in range(200)]
    whole = Examples(texts, label_ids=np.arange(200) % 2, labels=Labels(("a", "b")))
    alone = Examples(
        texts, label_ids=whole.label_ids, labels=whole.labels, groups=[f"g{n}" for n in range(200)]
    )
    assert alone.split(0.2, 3)[1].texts == whole.split(0.2, 3)[1].texts


def test_a_file_with_a_column_of_groups(tmp_path):
    path = tmp_path / "a.csv"
    lines = [f"text {n},{'yes' if n % 2 else 'no'},author {n // 10}\n" for n in range(100)]
    path.write_text("text,label,author\n" + "".join(lines))
    whole = read_examples(path, group="author")
    assert str(whole.columns) == "text = 'text', label = 'label', group = 'author'"
    training, dev = whole.split(0.2)
    assert (len(training), len(dev)) == (80, 20)
    assert not {*training.groups.tolist()} & {*dev.groups.tolist()}
    assert np.bincount(dev.label_ids).tolist() == [10, 10]
    # The keys of groups are the same in other files; the data are the same with and without them.
    other = read_examples({"text": ["x", "y"], "label": [0, 1], "g": ["author 0", "z"]}, group="g")
    assert other.groups[0] == whole.groups[0]
    assert read_examples(path).fingerprint == whole.fingerprint


def test_one_of_the_texts_may_be_the_group(tmp_path):
    rows = [(f"premise {n // 4}", f"hypothesis {n}", "yn"[n % 2]) for n in range(80)]
    columns = dict(zip(("premise", "hypothesis", "label"), zip(*rows, strict=True), strict=True))
    training, dev = read_examples(columns, group="premise").split(0.25)
    assert len(dev) == 20
    assert not set(training.texts) & set(dev.texts)
    with pytest.raises(InputError, match="named both as the label and as the group"):
        read_examples(columns, group="label")


def test_a_row_without_a_group_is_a_bad_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label,g\ngood,yes,1\nbad,no,\nso so,no,1\n")
    with pytest.raises(InputError, match=r"row 2 \(line 3\): the group \(column 'g'\) is missing"):
        read_examples(path, group="g")
    assert len(read_examples(path, group="g", on_bad_row="skip")) == 2
    with pytest.raises(InputError, match="has no column 'h'"):
        read_examples(path, group="h")
    assert read_examples(path, group="h", need_split=False, on_bad_row="skip").groups is None


@pytest.mark.parametrize(
    "groups", [["a"], [["a", "b"]], [0.5, 1.0], ["a", None], ["a", ""], [True, False]]
)
def test_groups_of_examples_are_names_or_numbers_one_per_row(groups):
    with pytest.raises(InputError, match="groups. must be 2 names or whole numbers, one per row"):
        Examples(["a", "b"], groups=groups)


def test_classes_keep_their_shares_as_near_as_groups_allow():
    sizes = [1, 2, 3, 5, 8, 13]
    groups = [g for g, size in enumerate(sizes * 4) for _ in range(size)]
    labels = [place % 2 for place in range(len(groups))]
    whole = read_examples(
        {"text": [f"t {n}" for n in range(len(groups))], "label": labels, "g": groups}, group="g"
    )
    sides = defaultdict(set)
    for side, part in enumerate(whole.split(0.25, 1)):
        for group in part.groups.tolist():
            sides[group].add(side)
        share = len(part) / len(whole)
    assert all(len(found) == 1 for found in sides.values())
    assert abs(share - 0.25) < 0.1
