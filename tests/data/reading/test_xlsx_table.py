"""Workbooks written by openpyxl and pandas, and some given as the bytes of other programs."""

import datetime
import io
import sys
import zipfile

import openpyxl
import pandas
import pytest

from kbert import InputError, read_examples
from kbert.data.reading.kept_columns import KeptColumns
from kbert.data.reading.open_table import TableFormat

ROWS = [["id", "text", "label"], ["007", "A joy.", 3.0], ["008", "It drags.", 1], ["9", "Fine.", 1]]


def book(path, rows=ROWS, **sheets):
    """Write a workbook whose first sheet has these rows, texts as texts."""
    made = openpyxl.Workbook()
    for title, lines in {"Data": rows, **sheets}.items():
        sheet = made.create_sheet(title)
        for line in lines:
            sheet.append(line)
    del made["Sheet"]
    made.save(path)
    return made


def cells(path, **options):
    kept = KeptColumns.find(path, TableFormat(**options))
    return kept.names, list(kept.rows(read_examples(path, need_label=False, **options).rows))


def refusal(path, **options):
    with pytest.raises(InputError) as error:
        read_examples(path, **options)
    return str(error.value)


def test_texts_and_labels(tmp_path):
    book(tmp_path / "a.xlsx")
    examples = read_examples(tmp_path / "a.xlsx")
    assert list(examples.texts) == ["A joy.", "It drags.", "Fine."]
    assert [examples.labels.names[at] for at in examples.label_ids] == ["3", "1", "1"]
    assert examples.rows.tolist() == [2, 3, 4]  # as Excel numbers them


def test_what_pandas_writes_and_reads(tmp_path):
    frame = pandas.DataFrame(
        {
            "text": ["A joy.", " two\nlines ", "没错"],
            "label": ["good", "bad", "good"],
            "code": ["007", "1e3", ""],
            "score": [1.5, float("nan"), -2],
            "seen": [True, False, True],
            "day": pandas.to_datetime(["2024-02-29", "2024-03-01 10:30", None], format="ISO8601"),
        }
    )
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    names, rows = cells(tmp_path / "a.xlsx")
    assert names == tuple(frame.columns)
    assert [row[:3] for row in rows] == [
        ["A joy.", "good", "007"],
        [" two\nlines ", "bad", "1e3"],
        ["没错", "good", None],
    ]
    assert [row[3:] for row in rows] == [
        [1.5, True, datetime.date(2024, 2, 29)],
        [None, False, datetime.datetime(2024, 3, 1, 10, 30)],
        [-2, True, None],
    ]


def test_empty_rows_are_skipped_and_row_numbers_stay(tmp_path):
    book(tmp_path / "a.xlsx", [[], [], *ROWS[:2], [], [None, "", None], *ROWS[2:], ["", None]])
    assert read_examples(tmp_path / "a.xlsx").rows.tolist() == [4, 7, 8]
    rows = [*ROWS, [], ["10", None, "x"]]
    book(tmp_path / "b.xlsx", rows)
    assert "b.xlsx, row 6: the text (column 'text') is empty" in refusal(tmp_path / "b.xlsx")


def test_no_header(tmp_path):
    book(tmp_path / "a.xlsx", ROWS[1:])
    examples = read_examples(tmp_path / "a.xlsx", text=1, label=2, header=False)
    assert (list(examples.texts), examples.rows.tolist()) == (
        ["A joy.", "It drags.", "Fine."],
        [1, 2, 3],
    )


def test_the_cure_names_the_sheet_with_the_table(tmp_path):
    table = [["text", "label"], ["x", "a"], ["y", "b"]]
    book(tmp_path / "a.xlsx", rows=[["Reviews"], ["of May"], ["and June"], ["2026"]], Other=table)
    assert refusal(tmp_path / "a.xlsx").endswith('Cure: sheet="Other"')


def test_sheets(tmp_path):
    other = [["text", "label"], ["x", "a"], ["y", "b"]]
    book(tmp_path / "a.xlsx", Empty=[], Other=other)
    told = refusal(tmp_path / "a.xlsx")
    assert "has 2 sheets: 'Data', 'Other'. Name the one to read. Cure: sheet=\"Data\"" in told
    told = refusal(tmp_path / "a.xlsx", sheet="data")
    assert "has no sheet 'data'. Its sheets: 'Data', 'Empty', 'Other'." in told
    assert list(read_examples(tmp_path / "a.xlsx", sheet="Other").texts) == ["x", "y"]
    assert "contains no rows" in refusal(tmp_path / "a.xlsx", sheet="Empty")
    made = openpyxl.load_workbook(tmp_path / "a.xlsx")
    made["Data"].sheet_state = "hidden"
    made.active = 2
    made.save(tmp_path / "b.xlsx")
    assert list(read_examples(tmp_path / "b.xlsx").texts) == ["x", "y"]
    book(tmp_path / "c.xlsx", [])
    assert "contains no cells" in refusal(tmp_path / "c.xlsx")
    (tmp_path / "a.csv").write_text("text,label\nx,a\n")
    told = refusal(tmp_path / "a.csv", sheet="Data")
    assert "`sheet` is for Excel workbooks" in told


def edited(source, path, change):
    """Write a workbook again, with the XML of its first sheet changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = old.read(name).decode()
            new.writestr(name, change(data) if name == "xl/worksheets/sheet1.xml" else data)
    return path


def test_formulas(tmp_path):
    book(tmp_path / "a.xlsx", [*ROWS, ["10", '="so"&"so"', 1]])
    told = refusal(tmp_path / "a.xlsx")  # as openpyxl writes them, without the value
    assert "row 5: the text (column 'text') is a formula without a stored value" in told
    assert '="so"&"so"' in told
    assert "Cure: open the file in Excel or LibreOffice and save it" in told

    def stored(value):
        cell = f'<c r="B5" t="str"><f>"so"&amp;"so"</f><v>{value}</v></c>'
        return lambda xml: xml[: xml.index('<c r="B5"')] + cell + xml[xml.index('<c r="C5"') :]

    path = edited(tmp_path / "a.xlsx", tmp_path / "b.xlsx", stored("soso"))
    assert read_examples(path).texts[-1] == "soso"
    path = edited(tmp_path / "a.xlsx", tmp_path / "c.xlsx", stored(""))
    assert "row 5: the text (column 'text') is empty" in refusal(path)


def test_a_formula_in_another_column_does_not_matter(tmp_path):
    path = tmp_path / "a.xlsx"
    book(path, [[*ROWS[0], "sum"], *([*row, "=C2+1"] for row in ROWS[1:])])
    assert len(read_examples(path)) == 3


def test_errors_and_merged_cells(tmp_path):
    made = book(tmp_path / "a.xlsx", [*ROWS, ["10", "Well.", "#N/A"]])
    told = refusal(tmp_path / "a.xlsx")
    assert "row 5: the label (column 'label') is a spreadsheet error, not a label: #N/A" in told
    made["Data"]["C5"] = None
    made["Data"].merge_cells("C3:C5")
    made["Data"].merge_cells("A2:A4")
    made["Data"].merge_cells("F2:H4")
    made.save(tmp_path / "b.xlsx")
    told = refusal(tmp_path / "b.xlsx")
    assert "row 4: the label (column 'label') is a merged cell without a value of its own" in told
    assert "merged with row 3. Cure: unmerge the cells" in told


def test_numbers_are_not_texts(tmp_path):
    book(tmp_path / "a.xlsx", [*ROWS, ["10", 2020, 1]])
    told = refusal(tmp_path / "a.xlsx")
    assert "row 5: the text (column 'text') is a number, not a text: 2020. Cure: store it" in told


def test_a_title_and_cells_beside_the_table(tmp_path):
    book(tmp_path / "a.xlsx", [["Reviews"], *ROWS])
    assert "line 1: this is not a header: only its first field" in refusal(tmp_path / "a.xlsx")
    book(tmp_path / "b.xlsx", [*ROWS, ["11", "Well.", 1, None, "a note"]])
    assert "row 5: 5 cells where the first row has 3" in refusal(tmp_path / "b.xlsx")


def test_control_characters_as_excel_writes_them(tmp_path):
    book(tmp_path / "a.xlsx", [*ROWS, ["12", "two_x000D_\nlines", 1]])
    assert read_examples(tmp_path / "a.xlsx").texts[-1] == "two\r\nlines"


def test_a_wrong_dimension_hides_no_rows(tmp_path):
    book(tmp_path / "a.xlsx")

    def change(xml):
        assert 'dimension ref="A1:C4"' in xml
        return xml.replace('dimension ref="A1:C4"', 'dimension ref="A1"')

    assert len(read_examples(edited(tmp_path / "a.xlsx", tmp_path / "b.xlsx", change))) == 3


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    book(tmp_path / "a.xlsx")
    whole = (tmp_path / "a.xlsx").read_bytes()
    path = tmp_path / "b.xlsx"
    path.write_bytes(whole[: len(whole) // 2])
    assert "b.xlsx is not a readable Excel workbook: " in refusal(path)
    compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3000)
    path.write_bytes(compound + "EncryptedPackage".encode("utf-16-le") + bytes(90))
    assert "b.xlsx is protected by a password. Cure: remove the password" in refusal(path)
    path.write_bytes(compound)
    assert "b.xlsx is an old Excel workbook (.xls), which kbert does not read" in refusal(path)
    path.write_bytes(b"text,label\na,x\n")
    assert 'b.xlsx is text, but would be read as XLSX. Cure: format="csv"' in refusal(path)
    (tmp_path / "c.csv").write_bytes(whole)
    assert 'c.csv is an Excel workbook, but would be read as CSV. Cure: format="xlsx"' in refusal(
        tmp_path / "c.csv"
    )
    broken = io.BytesIO()
    with zipfile.ZipFile(tmp_path / "a.xlsx") as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"</row>", b"</rov>", 1))
    path.write_bytes(broken.getvalue())
    assert "b.xlsx is not a readable Excel workbook: " in refusal(path)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    told = refusal(tmp_path / "a.xlsx")
    assert told == (
        "An Excel workbook needs the package openpyxl. Install it: pip install openpyxl"
    )


def test_a_workbook_that_unpacks_to_too_much(tmp_path, monkeypatch):
    book(tmp_path / "a.xlsx")
    monkeypatch.setattr("kbert.data.reading.workbook._MIN_LIMIT", 100)
    monkeypatch.setattr("kbert.data.reading.workbook._MAX_RATIO", 1)
    assert "bytes, more than" in refusal(tmp_path / "a.xlsx")


def test_several_workbooks_as_one_set(tmp_path):
    book(tmp_path / "1.xlsx")
    book(tmp_path / "2.xlsx", [ROWS[0], [], *ROWS[1:]])
    examples = read_examples(str(tmp_path / "*.xlsx"))
    assert len(examples) == 6
    assert examples.place(examples.number(3)) == f"row 3 of {tmp_path / '2.xlsx'}"
