"""What is wrong with the labels of a small file of real sentences."""

import json

import pandas as pd
import pytest
from inspected import found, labelled, severities

from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.data.reading.read_examples import read_examples
from kbert.targets.labels import Labels


def test_labels_that_differ_only_in_case_or_blanks(rows, read):
    for row in rows[:40]:
        row[1] = {"good": "Good ", "bad": "bad"}[row[1]]
    changed = sum(label == "Good " for _, label in rows)
    inspection = inspect_examples(read(rows))
    assert found(inspection)["label-variants"].severity == "error"
    assert found(inspection)["label-variants"].message == (
        "Labels differ only in case or blanks but would be separate classes: "
        f"'good' ({100 - changed} rows), 'Good ' ({changed} rows)."
    )


@pytest.mark.parametrize(
    ("others", "more"), [(1, ", and 1 other group."), (2, ", and 2 other groups.")]
)
def test_several_labels_that_differ_only_in_case_or_blanks(others, more, rows, read):
    names = ["good", "bad", "fair"][: others + 1]
    rows = [
        [text, (name if i < 150 else name.upper())]
        for i, (text, _) in enumerate(rows)
        for name in [names[i % len(names)]]
    ]
    message = found(inspect_examples(read(rows)))["label-variants"].message
    assert message.startswith("Labels differ only in case or blanks but would be separate")
    assert message.endswith(f" rows){more}")


def test_a_variant_of_one_row(rows, read):
    place = next(i for i, row in enumerate(rows) if row[1] == "good")
    rows[place][1] = "Good"
    message = found(inspect_examples(read(rows)))["label-variants"].message
    assert message.endswith("'good' (99 rows), 'Good' (1 row).")
    cure = str(found(inspect_examples(read(rows)))["label-variants"].cure)
    assert cure == f"write 'good' in place of 'Good' (row {place + 1})"
    rows[place][1] = "good"
    assert "label-variants" not in found(inspect_examples(read(rows)))


def test_the_rows_of_variants_are_named(rows, read):
    rows = [row for row in rows if row[1] == "bad"] * 2 + [
        [f"Film {i}", "good"] for i in range(200)
    ]
    for at, name in ((199, "Bad"), (210, "GOOD"), *((i, " good") for i in range(300, 320))):
        rows[at] = [rows[at][0], name]
    cure = str(found(inspect_examples(read(rows)))["label-variants"].cure)
    assert cure == (
        "write 'bad' in place of 'Bad' (row 200); 'good' in place of ' good' (rows 301, 302, 303, "
        "304, 305, ...), 'GOOD' (row 211)"
    )


def test_the_spelling_without_blanks_is_proposed_however_rare():
    examples = read_examples((["A joy."] * 9, ["good "] * 6 + ["good"] * 2 + ["bad"]))
    finding = next(f for f in inspect_examples(examples).findings if f.code == "label-variants")
    assert "write 'good' in place of 'good ' (rows 1, 2, 3, 4, 5, ...)" in str(finding)


@pytest.mark.parametrize(
    ("rare", "expected"),
    [
        (20, {}),
        (19, {"imbalance": "warning"}),
        (9, {"imbalance": "warning", "rare-class": "warning"}),
    ],
)
def test_a_class_that_holds_nearly_all_rows(rare, expected, rows, read):
    places = {(number + 1) * 200 // rare - 1 for number in range(rare)}
    rows = [[text, "good" if i in places else "bad"] for i, (text, _) in enumerate(rows)]
    inspection = inspect_examples(read(rows))
    assert severities(inspection) == expected
    assert inspection.majority == (200 - rare) / 200
    if "imbalance" in expected:
        message = found(inspection)["imbalance"].message
        assert f"{(200 - rare) / 200:.1%} of the rows belong to the class 'bad'" in message
    if "rare-class" in expected:
        assert "Fewer than 10 rows in 1 of 2 classes ('good': 9)" in (
            found(inspection)["rare-class"].message
        )


@pytest.mark.parametrize(
    ("other", "held"),
    [
        (
            "1.0",
            "Labels are equal as numbers but would be separate classes: '1' (99 rows), '1.0'",
        ),
        ("01", "'1' (99 rows), '01' (1 row)."),
        ("+1", "'1' (99 rows), '+1' (1 row)."),
        ("1e0", "'1' (99 rows), '1e0' (1 row)."),
        ("１", "'1' (99 rows), '１' (1 row)."),
        (" 1", "Labels are equal as numbers"),
    ],
)
def test_labels_that_are_equal_as_numbers(other, held, rows, read, tmp_path):
    rows = [[text, {"good": "1", "bad": "0"}[label]] for text, label in rows]
    next(row for row in rows if row[1] == "1")[1] = other
    by_column = dict(zip(("text", "label"), zip(*rows, strict=True), strict=True))
    lines = [json.dumps({"text": text, "label": label}) + "\n" for text, label in rows]
    (tmp_path / "a.jsonl").write_text("".join(lines), encoding="utf-8")
    pd.DataFrame(by_column).to_parquet(tmp_path / "a.parquet")
    for examples in (
        read(rows),
        read_examples(pd.DataFrame(by_column)),
        read_examples(tmp_path / "a.jsonl"),
        read_examples(tmp_path / "a.parquet"),
    ):
        inspection = inspect_examples(examples)
        assert severities(inspection) == {"label-variants": "error", "rare-class": "warning"}
        assert held in found(inspection)["label-variants"].message


def test_labels_that_differ_in_the_form_of_their_characters(rows, read):
    for row in [row for row in rows if row[1] == "good"][:50]:
        row[1] = "ｇｏｏｄ"
    finding = found(inspect_examples(read(rows)))["label-variants"]
    assert "only in the form of their characters" in finding.message
    assert "'good' (50 rows), 'ｇｏｏｄ' (50 rows)" in finding.message


@pytest.mark.parametrize(
    "word",
    [
        *("nan", "NaN", "None", "<NA>", "N/A", "NULL", "NA", "-", "?", "#N/A", " nan ", "null"),
        *("\u2013", "\u2014", "？", "ＮＡ", "n / a", "N.A", "nan\u200b", "'nan'", "(none)", "???"),
        *("not available", "(blank)", "unlabelled", "\u2026"),
    ],
)
def test_labels_that_look_like_missing_values(word, rows, read):
    for row in [row for row in rows if row[1] == "good"][::2]:
        row[1] = word
    inspection = inspect_examples(read(rows))
    assert severities(inspection) == {"label-looks-missing": "warning"}
    assert f"are classes: {word!r} (50 rows)." in found(inspection)["label-looks-missing"].message


def test_names_that_are_not_missing_values(rows, read):
    for row, name in zip(
        rows, ["nancy", "nothing", "other", "unknown", "no", "+", "(no)"] * 33, strict=False
    ):
        row[1] = name
    assert "label-looks-missing" not in severities(inspect_examples(read(rows)))


@pytest.mark.parametrize(
    ("names", "warned"),
    [
        ([f"{n / 10:.1f}" for n in range(11)], True),
        ([f"{n / 10:.1f}" for n in range(10)], False),
        ([*(f"{n / 4}" for n in range(19)), "other"], True),
        ([f"{n},5" for n in range(11)], True),
        ([f"{n / 2} %" for n in range(11)], True),
        ([f"{n / 2} stars" for n in range(11)], True),
        ([f"{n / 2}/5" for n in range(11)], True),
        ([f"$ {n}.50" for n in range(11)], True),
        ([f"{n}e-1" for n in range(1, 12)], True),
        ([f"1.{n} {word}" for n, word in enumerate("abcdefghijk")], False),
        ([f"2021-01-{n:02}" for n in range(1, 15)], False),
    ],
    ids=[
        *("eleven", "ten", "with a word"),
        *("commas", "per cent"),
        *("stars", "of five", "dollars", "powers", "chapters", "dates"),
    ],
)
def test_scores_as_labels(names, warned, rows, read):
    inspection = inspect_examples(read(labelled(rows, names), target="single"))
    assert ("labels-are-numbers" in severities(inspection)) == warned
    if warned:
        finding = found(inspection)["labels-are-numbers"]
        assert finding.severity == "warning"
        assert finding.cure.settings == {"target": "regression"}


@pytest.mark.parametrize(
    ("names", "severity"),
    [
        ([str(n) for n in range(20)], "info"),  # as ids of classes are
        ([str(n) for n in range(1, 21)], "info"),
        ([f"{n}.0" for n in range(20)], "info"),
        ([f"{n}%" for n in range(11)], "info"),
        ([str(n) for n in range(2, 22)], "warning"),
        ([f"{5 * n} min" for n in range(12)], "warning"),
        ([str(2000 + n) for n in range(12)], "warning"),
        ([str(n) for n in range(10)], None),  # as stars and grades are
        ([*(str(n) for n in range(11)), "1e999999999"], "info"),
    ],
    ids=["0 on", "1 on", "floats", "per cent", "from 2", "minutes", "years", "ten", "huge"],
)
def test_whole_numbers_as_labels(names, severity, rows, read):
    inspection = inspect_examples(read(labelled(rows, names), target="single"))
    assert severities(inspection).get("labels-are-numbers") == severity
    if severity is not None:
        cure = found(inspection)["labels-are-numbers"].cure
        assert str(cure).startswith('target="regression", if they are amounts')


@pytest.mark.parametrize(
    ("classes", "refused"), [(200, True), (101, True), (100, False), (50, False)]
)
def test_a_column_of_ids_as_the_label(classes, refused, rows, read):
    for place, row in enumerate(rows):
        row[1] = f"id{place % classes}"
    inspection = inspect_examples(read(rows))
    assert (severities(inspection).get("too-many-classes") == "error") == refused
    if refused:
        finding = found(inspection)["too-many-classes"]
        assert f"200 rows have {classes} different labels" in finding.message
        assert finding.cure.settings == {"label": "NAME"}


def test_few_rows_for_a_model_with_many_classes():
    labels = Labels(tuple(f"c{n}" for n in range(1000)))
    examples = read_examples(
        ([f"text {n}" for n in range(20)], [f"c{n}" for n in range(20)]), labels=labels
    )
    assert "too-many-classes" not in severities(inspect_examples(examples))


def test_the_rarest_class_is_listed(rows, read):
    for place, row in enumerate(rows):
        row[1] = f"c{place % 9}"
    rows[0][1] = "rare"
    lines = str(inspect_examples(read(rows))).splitlines()
    assert next(line for line in lines if "classes" in line) == (
        "  classes      10: c1 23, c0 22, c2 22, c3 22, c4 22, ... 4 more ..., rare 1"
    )
