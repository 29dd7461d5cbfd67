"""What programs put above and beside a table."""

import codecs

import pytest

from kbert import KbertError, read_examples

ROWS = [("a", "x"), ("b", "y"), ("c", "x")]


def read(path, data, **options):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    examples = read_examples(path, **options)
    names = [examples.labels.names[i] for i in examples.label_ids]
    return list(zip(examples.texts, names, strict=True))


@pytest.mark.parametrize(
    ("data", "cure"),
    [
        ('"text";"label"\n"a";"x"\n"b";"y"\n', {"delimiter": ";"}),
        ('\ufeff"text";label\n"a";x\n"b";"y"\n', {"delimiter": ";"}),
        ('"text"\t"label"\n"a"\t"x"\nb\ty\n', {"format": "tsv"}),
    ],
    ids=["semicolons", "some quoted", "tabs"],
)
def test_quoted_names_with_another_delimiter(data, cure, tmp_path):
    with pytest.raises(KbertError, match="line 1.*its quoted fields seem to be separated by") as no:
        read(tmp_path / "a.csv", data)
    assert no.value.cure.settings.items() >= cure.items()
    assert read(tmp_path / "a.csv", data, **no.value.cure.settings) == ROWS[:2]


def test_quoted_commas_in_a_tsv(tmp_path):
    data = '"text","label"\n"a","x"\n"b","y"\n'
    with pytest.raises(KbertError) as no:
        read(tmp_path / "a.tsv", data, quoting="standard")
    assert read(tmp_path / "a.tsv", data, **no.value.cure.settings) == ROWS[:2]


@pytest.mark.parametrize(
    "data",
    [
        "Reviews of 2024,\ntext,label\na,x\nb,y\n",
        "Reviews of 2024,,\ntext,label,date\na,x,1\nb,y,2\n",
        "Reviews of 2024\ntext,label\na,x\nb,y\n",
        "Reviews of 2024\n\ntext,label\na,x\nb,y\n",
        ",\ntext,label\na,x\nb,y\n",
        "Reviews,\n,\ntext,label\na,x\nb,y\n",
        "Reviews,\nof 2024,\ntext,label\na,x\nb,y\n",
    ],
    ids=["padded", "three columns", "not padded", "blank line", "empty line", "gap", "two"],
)
def test_a_title_is_not_a_header(data, tmp_path):
    for options in ({}, {"text": "text"}, {"text": "0", "label": "1"}):
        with pytest.raises(KbertError, match=r"line 1: this is not a header.*delete the lines ab"):
            read(tmp_path / "a.csv", data, **options)
    assert read(tmp_path / "a.csv", "text,label\na,x\nb,y\n") == ROWS[:2]


def test_a_title_hides_neither_the_delimiter_nor_names_that_are_not_known(tmp_path):
    data = "Export 12.11.2025\nTicket-Nr.;Nachricht;Art\n1;It broke, too;x\n2;Where is it?;y\n"
    message = r"line 2 is, with the names 'Ticket-Nr.', 'Nachricht', 'Art'. Cure: .*delimiter=\";\""
    for options in ({}, {"text": "Nachricht", "label": "Art"}):
        with pytest.raises(KbertError, match=message):
            read(tmp_path / "a.csv", data, **options)
    with pytest.raises(KbertError, match="no column 'text'"):  # one column of texts
        read(tmp_path / "a.csv", "Reviews\nGood; too long for me, but good\nBad\n", text="text")


@pytest.mark.parametrize(
    "data",
    [
        ",text,label\n0,a,x\n1,b,y\n2,c,x\n",
        "text,label\na,x\nb,y\nc,x\n",
        " text , label \na,x\nb,y\nc,x\n",
        "\ufefftext\u200b,label\na,x\nb,y\nc,x\n",
        "text,label,\na,x,\nb,y,\nc,x,\n",
        "text,label,,\na,x,,\nb,y\nc,x,\n",
        "text,label\na,x,\nb,y,,\nc,x\n",
        "text;label;\na;x;\nb;y;\nc;x;\n",
    ],
    ids=[
        *("index of pandas", "plain", "blanks", "invisible", "delimiter at the end"),
        *("some rows", "rows alone", "semicolons"),
    ],
)
def test_headers_and_rows_as_programs_write_them(data, tmp_path):
    options = {"delimiter": ";"} if ";" in data else {}
    assert read(tmp_path / "a.csv", data, **options) == ROWS


def test_an_extra_field_is_not_dropped(tmp_path):
    with pytest.raises(KbertError, match=r"row 2 \(line 3\): 3 fields where the first row has 2"):
        read(tmp_path / "a.csv", "text,label\na,x\nb,y,z\n")
    with pytest.raises(KbertError, match="1 field where the first row has 2"):
        read(tmp_path / "a.csv", "text,label\na,x\nb\n")


def test_a_single_column_is_not_a_title(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("review\na good film\na bad one\n")
    assert read_examples(path, need_label=False).texts == ["a good film", "a bad one"]


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_joined_files(mark, tmp_path):
    data = mark + b"text,label\na,x\nb,y\n" + mark + b"text,label\nc,x\n"
    with pytest.raises(KbertError, match=r"row 3 \(line 4\): the header occurs again"):
        read(tmp_path / "a.csv", data)
    assert read(tmp_path / "a.csv", data, on_bad_row="skip") == ROWS
    assert read(tmp_path / "b.csv", mark + b"label,text\nx,a\n" + mark + b"y,b\n") == ROWS[:2]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_duplicate_names(name, tmp_path):
    mark = "\t" if name == "a.tsv" else ","
    data = "text,label,text\na,x,1\nb,y,2\n".replace(",", mark)
    with pytest.raises(KbertError, match="has 2 columns 'text'"):
        read(tmp_path / name, data)
    assert read(tmp_path / name, data, text="0") == ROWS[:2]


def test_mixed_line_ends(tmp_path):
    with pytest.raises(KbertError, match=r"a carriage return \(CR\) inside the line: line ends a"):
        read(tmp_path / "a.csv", "text,label\na,x\nb,y\rc,x\nd,y\n")
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\ntwo\rthree\nfour\n")
    with pytest.raises(KbertError, match=r"line 2\): a carriage return"):
        read_examples(path, need_label=False)


@pytest.mark.parametrize("again", ["text,label", "Text, LABEL ", '"Text","Label"'])
def test_the_header_occurs_again_in_another_letter_case(again, tmp_path):
    path = tmp_path / "joined.csv"
    path.write_text(f"Text,Label\nfine film,good\ndull film,bad\n{again}\nodd film,bad\n")
    with pytest.raises(KbertError, match=r"row 3 \(line 4\): .*(names of columns|occurs again)"):
        read_examples(path)
    assert read_examples(path, on_bad_row="skip").labels.names == ("bad", "good")


def test_the_header_occurs_again_in_objects(tmp_path):
    rows = [("fine film", "good"), ("text", "label"), ("dull film", "bad")]
    columns = {"text": [row[0] for row in rows], "label": [row[1] for row in rows]}
    with pytest.raises(KbertError, match=r"row 2: the row holds the names of columns \('text', 'l"):
        read_examples(columns)


def test_a_header_in_a_file_read_without_one(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Review,Sentiment\nfine film,good\ndull film,bad\n")
    with pytest.raises(KbertError, match="row 1 .*names of columns"):
        read_examples(path, header=False, text=0, label=1)


def test_a_text_and_its_label_are_not_a_header(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a fine film,good\na dull film,bad\nan odd film,good\n")
    with pytest.raises(KbertError, match="'good' is a label and 'a fine film' a text. .*header"):
        read_examples(path, text=0, label=1)
    assert len(read_examples(path, text=0, label=1, header=False)) == 3


def test_a_label_with_the_name_of_its_column(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("comment text,toxic\na film,toxic\ndull,fine\n")
    assert read_examples(path, text=0, label=1).labels.names == ("fine", "toxic")


TABS = "text\tlabel\n" + "Très bon\tgood\nNul\tbad\n" * 6


@pytest.mark.parametrize("title", ["Export of reviews\n", "Reviews, 2024\n", "Reviews\n\n2024;\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_title_above_tab_separated_fields_is_cured_step_by_step(title, encoding, tmp_path):
    """The cures are followed one after the other until the file is read."""
    path = tmp_path / "reviews.csv"
    path.write_bytes((title + TABS).encode(encoding))
    settings = {}
    for _ in range(3):
        with pytest.raises(KbertError) as caught:
            read_examples(path, **settings)
        settings |= caught.value.cure.settings
        if "delete the lines above the header" in str(caught.value):
            break
    assert f"; line {title.count(chr(10)) + 1} is, with the names 'text', 'label'." in str(
        caught.value
    )
    path.write_bytes(TABS.encode(encoding))
    assert len(read_examples(path, **settings)) == 12


def test_words_under_uncommon_names_are_not_a_header(tmp_path):
    path = tmp_path / "words.csv"
    path.write_text("word,kind\nred,colour\nmessage,topic\n", encoding="utf-8")
    assert len(read_examples(path, text="word", label="kind")) == 2
