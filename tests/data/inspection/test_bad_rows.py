from kbert import read_examples
from kbert.data.inspection.bad_rows import bad_row_findings


def read(tmp_path, bad):
    path = tmp_path / "rows.csv"
    lines = [f"story {n},{n % 2}" for n in range(100)] + [",1"] * bad
    path.write_text("\n".join(["text,label", *lines]) + "\n", encoding="utf-8")
    return read_examples(path, on_bad_row="skip")


def test_the_first_row_is_named_with_its_cure(tmp_path):
    examples = read(tmp_path, bad=2)
    (finding,) = bad_row_findings({"": examples})
    assert (finding.code, finding.severity) == ("bad-rows", "error")
    assert "2 rows cannot be used, the first: row 101 (line 102): the text (column 'text')" in str(
        finding
    )
    assert 'on_bad_row="skip"' in str(finding)
    (of_dev,) = bad_row_findings({"dev": examples})
    assert "2 rows of dev cannot be used" in str(of_dev)


def test_a_few_skipped_rows_are_only_an_info(tmp_path):
    (finding,) = bad_row_findings({"": read(tmp_path, bad=2)}, "skip")
    assert (finding.code, finding.severity) == ("bad-rows", "info")


def test_each_reason_is_counted(tmp_path):
    path = tmp_path / "rows.csv"
    lines = [f"story {n},{n % 2}" for n in range(100)] + [",1", "a,", ",0", "b,", "c,", "d,1,2"]
    path.write_text("\n".join(["text,label", *lines]) + "\n", encoding="utf-8")
    (finding,) = bad_row_findings({"": read_examples(path, on_bad_row="skip")}, "skip")
    first, label, fields = finding.message.split(". ")
    assert first == (
        "6 rows cannot be used, the first: row 101 (line 102): the text (column 'text') is empty"
    )
    assert label == (
        "3 of them for another reason, the first: row 102 (line 103): the label (column 'label') "
        "is missing"
    )
    assert fields.startswith("1 of them for another reason, the first: row 106 (line 107): ")


def test_sound_sets_have_no_finding(tmp_path):
    assert bad_row_findings({"": read(tmp_path, bad=0), "dev": None}) == []
