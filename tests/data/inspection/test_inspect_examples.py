"""Each thing that hurts in a small file of real sentences, and a file in which nothing does."""

import csv
import json

import numpy as np
import pandas as pd
import pytest

from kbert import Tokenizer
from kbert.data.inspection.class_order import class_order
from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.data.inspection.shuffle_buffer import recommend_shuffle_buffer
from kbert.data.reading.labels import Labels
from kbert.data.reading.read_examples import read_examples
from kbert.errors import InputError


@pytest.fixture
def rows(sentences):
    """200 rows of two classes in a random order, no text twice."""
    texts, _ = sentences
    labels = np.random.default_rng(0).permutation(["bad", "good"] * 100)
    return [[f"{texts[i % len(texts)]} ({i})", str(label)] for i, label in enumerate(labels)]


@pytest.fixture
def read(tmp_path):
    def write_and_read(rows, name="reviews.csv"):
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["text", "label"], *rows])
        return read_examples(path, on_bad_row="skip")

    return write_and_read


@pytest.fixture(scope="module")
def minilm(minilm_vocab):
    return Tokenizer.from_file(minilm_vocab)


def found(inspection):
    return {finding.code: finding for finding in inspection.findings}


def severities(inspection):
    return {finding.code: finding.severity for finding in inspection.findings}


def test_a_sound_file(rows, read, minilm):
    dev = read([["New.", "good"], ["Newer.", "bad"]] * 25, "dev.csv")
    inspection = inspect_examples(read(rows), tokenizer=minilm, dev=dev)
    assert inspection.findings == ()
    assert (inspection.rows, inspection.skipped) == (200, 0)
    assert inspection.classes == {"bad": 100, "good": 100}
    assert inspection.majority == 1 / 2
    assert inspection.scripts == {"LATIN": 1}
    assert inspection.overlaps == {"dev": (50, 0)}
    assert str(inspection).splitlines()[-1] == "no findings"


def test_bad_rows(rows, read):
    rows[3][1] = ""
    rows[8][0] = " "
    inspection = inspect_examples(read(rows))
    assert severities(inspection) == {"bad-rows": "error"}
    assert (inspection.rows, inspection.skipped) == (198, 2)
    message = found(inspection)["bad-rows"].message
    assert message.startswith("2 rows cannot be used, the first: row 4 (line 5): the label (col")
    assert str(inspection).splitlines()[0].endswith("reviews.csv: 198 rows, 2 bad")


def test_bad_rows_that_will_be_left_out(rows, read):
    rows[3][1] = ""
    inspection = inspect_examples(read(rows), on_bad_row="skip")
    assert severities(inspection) == {"bad-rows": "info"}
    assert str(found(inspection)["bad-rows"].cure) == "none needed; they are left out"


@pytest.mark.parametrize("place", [0, 3, 150])
def test_train_and_inspect_name_the_same_row_and_cure(place, tmp_path):
    """After a header, blank lines, a field of several lines, and rows that are skipped."""
    lines = ["text,label", "", ""]
    lines += [f"text {n},{'good' if n % 2 else 'bad'}" for n in range(200)]
    lines[8] = '"text\nof several lines",good'
    lines[3 + place : 3 + place] = ["", "a,b,c"]
    csv_file, json_file = tmp_path / "a.csv", tmp_path / "a.jsonl"
    csv_file.write_text("\n".join(lines) + "\n,good\n", encoding="utf-8")
    objects = [json.dumps({"text": f"{n}", "label": "ab"[n % 2]}) for n in range(200)]
    objects[place:place] = ["", "{}"]
    json_file.write_text("\n".join(objects) + "\n{\n", encoding="utf-8")
    for path, number in ((csv_file, place + 1), (json_file, place + 1)):
        if path == json_file and place == 0:
            continue  # the first object names the columns
        with pytest.raises(InputError) as refusal:
            read_examples(path)
        finding = found(inspect_examples(read_examples(path, on_bad_row="skip")))["bad-rows"]
        assert f"{path}, row {number} (line " in str(refusal.value)
        told = finding.message.removeprefix("2 rows cannot be used, the first: ")
        assert f"{path}, {told} Cure: {finding.cure}" == str(refusal.value)


def test_bad_rows_of_the_development_set(rows, read):
    dev = read([["New.", "good"], ["", "bad"], ["Newer.", "bad"]], "dev.csv")
    finding = found(inspect_examples(read(rows), dev=dev))["bad-rows"]
    assert finding.severity == "error"
    assert finding.message.startswith("1 row of dev cannot be used, the first: row 2 (line 3): the")


def test_one_bad_row(rows, read):
    rows[3][1] = ""
    message = found(inspect_examples(read(rows)))["bad-rows"].message
    assert message.startswith("1 row cannot be used, the first: row 4 (line 5): ")


def test_labels_that_differ_only_in_case_or_blanks(rows, read):
    for row in rows[:40]:
        row[1] = {"good": "Good ", "bad": "bad"}[row[1]]
    changed = sum(label == "Good " for _, label in rows)
    inspection = inspect_examples(read(rows))
    assert found(inspection)["label-variants"].severity == "error"
    assert found(inspection)["label-variants"].message == (
        "Labels differ only in case or blanks and would be classes of their own: "
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
    assert message.startswith("Labels differ only in case or blanks and would be classes of their")
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
            "Labels are equal as numbers and would be classes of their own: '1' (99 rows), '1.0'",
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
def test_labels_that_look_like_missing_ones(word, rows, read):
    for row in [row for row in rows if row[1] == "good"][::2]:
        row[1] = word
    inspection = inspect_examples(read(rows))
    assert severities(inspection) == {"label-looks-missing": "warning"}
    assert f"are classes: {word!r} (50 rows)." in found(inspection)["label-looks-missing"].message


def test_names_that_are_no_missing_values(rows, read):
    for row, name in zip(
        rows, ["nancy", "nothing", "other", "unknown", "no", "+", "(no)"] * 33, strict=False
    ):
        row[1] = name
    assert "label-looks-missing" not in severities(inspect_examples(read(rows)))


def test_texts_that_look_like_missing_ones(rows, read):
    rows[0][1] = ""  # a row that is skipped, and counted all the same
    rows[3][0], rows[7][0] = "nan", " <NA> "
    finding = found(inspect_examples(read(rows)))["text-looks-missing"]
    assert finding.severity == "warning"
    assert finding.message == (
        "2 texts are what programs write for a missing value, the first in row 4 ('nan')."
    )


@pytest.mark.parametrize(
    "form", ["b'{}'", 'b"{}"', "['{}', 'x']", "{{'en': '{}'}}", "('{}', 'x')", '["{}"]']
)
@pytest.mark.parametrize(("share", "warned"), [(1, True), (0.5, False)])
def test_texts_as_python_prints_what_they_were_in(form, share, warned, rows, read):
    for row in rows[: round(share * len(rows))]:
        row[0] = form.format(row[0])
    inspection = inspect_examples(read(rows))
    assert severities(inspection) == ({"printed-values": "warning"} if warned else {})
    if warned:
        message = found(inspection)["printed-values"].message
        assert message.startswith("Texts are what Python prints of lists, dicts or bytes, such as ")


@pytest.mark.parametrize(
    ("names", "warned"),
    [
        (["[0]", "[27]", "[0, 27]"], True),
        (["b'bad'", "b'good'"], True),
        (["['a']", "['b', 'c']", "[]"], True),
        (["{'a'}", "{'b'}"], True),
        (["tensor(0)", "tensor(1)"], True),
        (["(sic)", "(so so)"], False),
        (["a[0]", "b[1]"], False),
        (["b", "c", "d", "[e]"], False),
    ],
    ids=str,
)
def test_labels_as_python_prints_what_they_were_in(names, warned, rows, read):
    for place, row in enumerate(rows):
        row[1] = names[place % len(names)]
    inspection = inspect_examples(read(rows))
    assert ("printed-values" in severities(inspection)) == warned
    if warned:
        assert f"such as {names[0]}" in found(inspection)["printed-values"].message


@pytest.mark.parametrize(("numbers", "warned"), [(200, True), (180, True), (179, False)])
def test_texts_that_are_numbers(numbers, warned, rows, read):
    for place, row in enumerate(rows[:numbers]):
        row[0] = f"{place}.5"
    inspection = inspect_examples(read(rows))
    assert severities(inspection) == ({"texts-are-numbers": "warning"} if warned else {})
    if warned:
        finding = found(inspection)["texts-are-numbers"]
        assert finding.message == (f"{numbers} of the first 200 texts are numbers, such as '0.5'.")
        assert finding.cure.settings == {"text": "NAME"}


@pytest.mark.parametrize(
    ("names", "warned"),
    [
        ([f"{n / 10:.1f}" for n in range(11)], True),
        ([f"{n / 10:.1f}" for n in range(10)], False),
        ([str(n) for n in range(20)], False),
        ([f"{n}.0" for n in range(20)], False),
        ([*(f"{n / 4}" for n in range(19)), "other"], True),
        ([f"{n},5" for n in range(11)], True),
        ([f"{n / 2} %" for n in range(11)], True),
        ([f"{n}%" for n in range(11)], False),
        ([f"{n / 2} stars" for n in range(11)], True),
        ([f"{n / 2}/5" for n in range(11)], True),
        ([f"$ {n}.50" for n in range(11)], True),
        ([f"{n}e-1" for n in range(1, 12)], True),
        ([f"1.{n} {word}" for n, word in enumerate("abcdefghijk")], False),
        ([f"2021-01-{n:02}" for n in range(1, 15)], False),
    ],
    ids=[
        *("eleven", "ten", "integers", "whole", "with a word"),
        *("commas", "per cent", "whole per cent"),
        *("stars", "of five", "dollars", "powers", "chapters", "dates"),
    ],
)
def test_scores_as_labels(names, warned, rows, read):
    for place, row in enumerate(rows):
        row[1] = names[place % len(names)]
    inspection = inspect_examples(read(rows))
    assert ("labels-are-numbers" in severities(inspection)) == warned
    if warned:
        finding = found(inspection)["labels-are-numbers"]
        assert finding.severity == "warning"
        assert "group the scores" in str(finding.cure)


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


def test_few_rows_of_a_model_with_many_classes():
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


@pytest.mark.parametrize(
    ("repeated", "severity", "counted"),
    [(1, "info", "1 row"), (2, "info", "2 rows"), (3, "warning", "3 rows")],
    ids=str,
)
def test_duplicates(repeated, severity, counted, rows, read):
    same = [row for row in rows if row[1] == "good"][: repeated + 1]
    for row in same:
        row[0] = "A joy."
    same[-1][0] = " a  JOY."
    inspection = inspect_examples(read(rows))
    assert severities(inspection) == {"duplicates": severity}
    message = found(inspection)["duplicates"].message
    assert message.startswith(f"{counted} ({repeated / 200:.1%}) with the text of an earlier row:")
    assert (
        f"  duplicates   {counted} with the text of an earlier row" in str(inspection).splitlines()
    )


def test_conflicting_labels_are_told_by_the_numbers_of_the_file(rows, read):
    bad, good = ([i for i, row in enumerate(rows) if row[1] == name] for name in ("bad", "good"))
    first, second = sorted([bad[5], good[5]])
    rows[first][0], rows[second][0] = "So so.", "so  so."
    rows[0][1] = ""  # a row that is skipped, and counted all the same
    inspection = inspect_examples(read(rows))
    assert severities(inspection) == {
        "bad-rows": "error",
        "conflicting-labels": "warning",
        "duplicates": "info",
    }
    message = found(inspection)["conflicting-labels"].message
    assert message.startswith("2 rows have a text that also occurs with another label")
    assert f"such as rows {first + 1} and {second + 1};" in message
    assert inspection.to_dict()["duplicates"]["conflict"] == (first + 1, second + 1)


@pytest.mark.parametrize(("shared", "severity"), [(1, "warning"), (25, "warning"), (26, "error")])
def test_rows_of_the_development_set(shared, severity, rows, read):
    dev = [*rows[:shared], *(["Never seen.", "bad"] for _ in range(50 - shared))]
    inspection = inspect_examples(read(rows), dev=read(dev, "dev.csv"))
    assert severities(inspection) == {"dev-overlap": severity}
    assert inspection.overlaps == {"dev": (50, shared)}
    finding = found(inspection)["dev-overlap"]
    assert finding.message.startswith(f"{shared} of the 50 rows of dev ({shared / 50:.1%}) also")
    assert "or leave out `dev` to train: what kbert sets aside itself" in str(finding.cure)
    other = found(inspect_examples(read(rows), test=read(dev, "test.csv")))["dev-overlap"]
    assert str(other.cure) == "take these rows out of one of the two files, or leave out `test`"


@pytest.mark.parametrize(("size", "few"), [(2, True), (49, True), (50, False)])
def test_a_development_set_that_is_too_small_to_measure_by(size, few, rows, read):
    dev = read([["New.", "good"], *[["Newer.", "bad"]] * (size - 1)], "dev.csv")
    inspection = inspect_examples(read(rows), dev=dev, test=dev)
    assert severities(inspection) == ({"dev-small": "warning"} if few else {})
    if size == 49:
        # 1.96 * sqrt(0.5 * 0.5 / 49)
        assert "each of them is 2.0% of its accuracy, which chance alone moves by 14%" in (
            found(inspection)["dev-small"].message
        )


def test_a_file_sorted_by_class(reviews, sentences):
    rows = len(sentences[0])
    inspection = inspect_examples(read_examples(reviews))
    assert severities(inspection) == {"class-sorted": "warning", "tail-split": "warning"}
    order = class_order(read_examples(reviews).label_ids)
    assert order.runs == 2
    sorted_message = found(inspection)["class-sorted"].message
    # Of two classes of the same size: 1 + rows / 2.
    assert f"2 runs of one class; a random order has {1 + rows / 2:,.0f}." in sorted_message
    assert (
        f"a batch of 32 contains {order.batch_classes:.1f} of the 2 classes in file order"
        in sorted_message
    )
    buffered = f"{order.batch_classes_buffered:.1f} through a shuffle buffer of 100"
    assert buffered in sorted_message
    assert "and 2.0 in a random order" in sorted_message
    buffer = recommend_shuffle_buffer(read_examples(reviews).label_ids)
    assert f"dataset.shuffle({buffer})" in str(found(inspection)["class-sorted"].cure)
    tail_message = found(inspection)["tail-split"].message
    assert "The last tenth of the rows contains 1 of 2 classes (a random tenth 2)" in tail_message


def test_the_order_does_no_harm_where_kbert_trains(reviews):
    inspection = inspect_examples(read_examples(reviews), for_kbert=True)
    assert severities(inspection) == {"class-sorted": "info", "tail-split": "info"}
    for finding in inspection.findings:
        assert str(finding.cure).startswith("none needed; kbert permutes all rows")


def test_a_file_in_which_rows_of_a_class_stand_together(rows, read):
    rows = [[text, "good" if i // 5 % 2 else "bad"] for i, (text, _) in enumerate(rows)]
    inspection = inspect_examples(read(rows))
    assert severities(inspection) == {"class-clustered": "warning"}
    assert "40 runs of one class; a random order has 101." in (
        found(inspection)["class-clustered"].message
    )


def test_a_tail_that_lacks_a_class(rows, read):
    for row in rows[180:]:
        row[1] = "good"
    inspection = inspect_examples(read(rows))
    assert severities(inspection) == {"tail-split": "warning"}
    assert "contains 1 of 2 classes" in found(inspection)["tail-split"].message


@pytest.mark.parametrize(("words", "cure"), [(40, "64"), (90, "128"), (400, "512")])
def test_texts_that_are_cut(words, cure, rows, read, minilm):
    for i in range(0, 200, 10):
        rows[i][0] = " ".join([str(i % 7), *["very"] * (words - 2), f"fine{i}"])
    examples = read(rows)
    lengths = [len(ids) for ids, _ in minilm.encode(examples.texts, max_length=512)]
    cut = sum(length > 32 for length in lengths) / 200
    inspection = inspect_examples(examples, tokenizer=minilm, max_length=32)
    assert severities(inspection) == {"texts-cut": "warning"}
    finding = found(inspection)["texts-cut"]
    assert finding.message.startswith(f"{cut:.0%} of the texts have more than 32 tokens")
    assert f"(the longest has {max(lengths)})" in finding.message
    assert str(finding.cure) == f"max_length={cure}"
    assert severities(inspect_examples(examples, tokenizer=minilm, max_length=int(cure))) == {}


@pytest.mark.parametrize(
    ("max_length", "cure"),
    [
        (128, "max_length=512"),  # the most that any proposal reads
        (300, "max_length=512"),
        (512, "cut the texts where it matters least"),
        (600, "cut the texts where it matters least"),
    ],
)
def test_texts_that_no_model_can_read_in_full(max_length, cure, rows, read, minilm):
    for i in range(0, 200, 10):
        rows[i][0] = " ".join(["very"] * 600 + [str(i)])
    inspection = inspect_examples(read(rows), tokenizer=minilm, max_length=max_length)
    assert str(found(inspection)["texts-cut"].cure) == cure


def test_a_tokenizer_that_keeps_the_capitals_of_an_uncased_vocabulary(rows, read, minilm_vocab):
    tokenizer = Tokenizer.from_file(minilm_vocab, lowercase=False)
    examples = read(rows)
    ids = [number for row in tokenizer.token_ids(examples.texts) for number in row]
    unknown = ids.count(tokenizer.unk_id) / len(ids)
    assert unknown > 0.02
    inspection = inspect_examples(examples, tokenizer=tokenizer)
    assert severities(inspection) == {"wrong-casing": "warning"}
    finding = found(inspection)["wrong-casing"]
    assert (
        f"{unknown:.1%} of the tokens are [UNK]; with the other casing 0.0% would be"
        in finding.message
    )
    assert str(finding.cure) == "Tokenizer(..., lowercase=True)"


@pytest.mark.parametrize(
    ("text", "script", "preset"),
    [
        ("这部电影非常精彩，演员很棒", "CJK", "bert_base_zh"),
        ("ሰላም ፊልም", "ETHIOPIC", "FOLDER"),
    ],
)
def test_a_script_that_the_vocabulary_does_not_know(text, script, preset, rows, read, minilm):
    examples = read([[f"{text} {i}", label] for i, (_, label) in enumerate(rows)])
    ids = [number for row in minilm.token_ids(examples.texts) for number in row]
    inspection = inspect_examples(examples, tokenizer=minilm)
    share = ids.count(minilm.unk_id) / len(ids)
    assert share > 0.5
    assert severities(inspection) == {"unknown-tokens": "error"}
    finding = found(inspection)["unknown-tokens"]
    assert finding.message.startswith(f"{share:.1%} of the tokens")
    assert f"({script} letters)" in finding.message
    assert finding.cure.settings == {"preset": preset}


def test_half_of_the_tokens_is_not_an_error(rows, read):
    tokenizer = Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "tea"])
    for other, severity in (("tea", "warning"), ("kava", "error")):
        texts = [
            [f"tea coffee {other if i == 0 else ''}", label] for i, (_, label) in enumerate(rows)
        ]
        inspection = inspect_examples(read(texts), tokenizer=tokenizer)
        assert found(inspection)["unknown-tokens"].severity == severity


def test_as_text_and_as_data(reviews, minilm, read, rows):
    dev = read(rows[:7], "dev.csv")
    inspection = inspect_examples(read_examples(reviews), tokenizer=minilm, max_length=8, dev=dev)
    lines = str(inspection).splitlines()
    assert lines[0] == f"{reviews}: {inspection.rows} rows"
    words = [line.split(maxsplit=1)[0] for line in lines[1:8]]
    assert words == ["script", "classes", "majority", "order", "tokens", "cut", "[UNK]"]
    assert "dev          0 of its 7 rows also occur in the training set" in lines[9]
    assert [line.split()[1] for line in lines if line.startswith("  WARNING")] == [
        finding.code for finding in inspection.findings
    ]
    data = json.loads(json.dumps(inspection.to_dict()))
    assert data["rows"] == sum(data["classes"].values()) == inspection.rows
    assert data["tokens"]["quantiles"]["100"] == inspection.lengths.quantiles[-1]
    assert data["overlaps"] == {"dev": {"rows": 7, "shared": 0}}
    assert [finding["code"] for finding in data["findings"]] == [
        finding.code for finding in inspection.findings
    ]


def test_texts_without_labels_and_without_a_tokenizer(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("A joy.\nA chore.\na joy.\n", encoding="utf-8")
    inspection = inspect_examples(read_examples(path, need_label=False))
    assert severities(inspection) == {"duplicates": "warning"}
    data = json.loads(json.dumps(inspection.to_dict()))
    assert (data["classes"], data["majority"]) == ({}, None)
    assert (data["order"], data["tokens"]) == (None, None)
    assert "majority" not in str(inspection)


def test_errors_come_first(rows, read):
    rows = sorted(rows[:100], key=lambda row: row[1])
    rows[0][1] = ""
    inspection = inspect_examples(read(rows), dev=read(rows[1:], "dev.csv"))
    found_severities = [finding.severity for finding in inspection.findings]
    assert found_severities == ["error"] * 2 + ["warning"] * 2


@pytest.mark.parametrize("given", [None, "a.csv", pd.DataFrame({"text": ["a"]}), (["a"], ["b"])])
def test_what_has_not_been_read_is_refused(given):
    with pytest.raises(InputError, match=r"Examples were expected.*Cure: kbert.read_examples"):
        inspect_examples(given)
    examples = read_examples((["a", "b"], ["x", "y"]))
    if given is not None:
        with pytest.raises(InputError, match="Examples were expected"):
            inspect_examples(examples, dev=given)
