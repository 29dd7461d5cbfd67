"""A run remembers the layout of its file, and a file like it is read the same way."""

import gzip

import pytest

from kbert import TrainConfig
from kbert.cli.run_layout import with_run_layout
from kbert.data.reading.reading_options import OF_LAYOUT, ReadingOptions
from kbert.runs.run_directory import RunDirectory

ROWS = [("text", "label"), ("Très café, été", "a"), ("plain", "b"), ("naïve; où", "a")]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(data="train.csv", **settings):
    directory = RunDirectory.create("run")
    directory.write_config(TrainConfig(data, **settings).to_toml())
    return directory.path


def write(name, delimiter=";", encoding="utf-8", rows=ROWS):
    lines = [delimiter.join(f'"{c}"' if delimiter in c else c for c in row) for row in rows]
    data = "".join(f"{line}\n" for line in lines).encode(encoding)
    with open(name, "wb") as file:
        file.write(gzip.compress(data) if name.endswith(".gz") else data)
    return name


def taken(path, data, named=(), **options):
    """Return the settings that a file takes over from the run."""
    given = ReadingOptions(**options)
    found = with_run_layout(path, data, given, (*options, *named))
    differ = {n for n in OF_LAYOUT if getattr(found, n) != getattr(given, n)}
    return {n: getattr(found, n) for n in differ}


@pytest.mark.parametrize("name", ["a.csv", "A.CSV", "a.csv.gz", "a*.csv"])
def test_a_file_of_the_same_format_is_read_the_same_way(folder, capsys, name):
    write(name.replace("*", "-1"), encoding="cp1252")
    path = run(delimiter=";", encoding="cp1252")
    found = with_run_layout(path, name, ReadingOptions(), ())
    assert (found.delimiter, found.encoding) == (";", "cp1252")
    line = f"{name} is read like the run's own file: "
    assert capsys.readouterr().err == line + 'encoding="cp1252", delimiter=";"\n'
    assert list(found.read(name).texts) == [row[0] for row in ROWS[1:]]


def test_given_options_come_first(folder):
    write("a.csv")
    path = run(delimiter=";", encoding="cp1252")
    assert taken(path, "a.csv", delimiter=",", encoding="utf-8") == {}
    assert taken(path, "a.csv", named=["encoding"]) == {"delimiter": ";"}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("a.tsv", {}),  # the run's file is a .csv
        ("a.jsonl", {}),
        ("a.csv", {"format": "tsv"}),
    ],
)
def test_a_file_of_another_format_is_not_read_the_same_way(folder, capsys, name, settings):
    write(name, delimiter="\t")
    assert taken(run(delimiter=";"), name, **settings) == {}
    assert capsys.readouterr().err == ""


def test_a_delimiter_that_hides_the_columns_is_not_used(folder):
    write("a.csv", delimiter=",", encoding="cp1252")
    path = run(delimiter=";", encoding="cp1252", quoting="none")
    assert taken(path, "a.csv") == {"encoding": "cp1252"}
    write("one.csv", rows=[(row[0],) for row in ROWS], encoding="cp1252")
    assert taken(path, "one.csv")["delimiter"] == ";"  # its texts contain commas
    write("other.csv", rows=[("a", "b"), *ROWS[1:]], encoding="cp1252")
    assert taken(path, "other.csv")["delimiter"] == ";"  # with it, the columns can be named


@pytest.mark.parametrize("encoding", ["cp1252", "gb18030", "utf-16"])
def test_a_utf_8_file_is_read_as_utf_8(folder, encoding):
    path = run(delimiter=";", encoding=encoding)
    write("a.csv")
    assert taken(path, "a.csv") == {"delimiter": ";"}
    if encoding != "cp1252":
        write("b.csv", encoding=encoding, rows=[*ROWS[:2], ("好", "b")])
        assert taken(path, "b.csv") == {"delimiter": ";", "encoding": encoding}
    write("ascii.csv", rows=[("text", "label"), ("a", "b")])
    expected = {"delimiter": ";"} | ({} if encoding == "utf-16" else {"encoding": encoding})
    assert taken(path, "ascii.csv") == expected


def test_a_file_without_column_names(folder):
    path = run(text="0", label="1", header=False)
    write("a.csv", delimiter=",", rows=ROWS[2:3])
    assert taken(path, "a.csv") == {"header": False}
    write("b.csv", delimiter=",", rows=ROWS[:3])
    assert taken(path, "b.csv") == {}


def test_a_suffix_that_identifies_no_format(folder):
    path = run("train.dat", format="csv", delimiter=";")
    write("a.dat")
    assert taken(path, "a.dat") == {"format": "csv", "delimiter": ";"}
    write("a.csv")
    assert taken(path, "a.csv") == {"delimiter": ";"}
    assert taken(path, "a.dat", format="tsv") == {}


def test_a_sheet(folder):
    import pandas

    path = run("train.xlsx", sheet="new")
    frame = pandas.DataFrame(ROWS[1:], columns=ROWS[0])
    with pandas.ExcelWriter("a.xlsx") as book:
        frame.to_excel(book, sheet_name="old", index=False)
        frame.to_excel(book, sheet_name="new", index=False)
    frame.to_excel("b.xlsx", index=False)
    assert taken(path, "a.xlsx") == {"sheet": "new"}
    assert taken(path, "b.xlsx") == {}


@pytest.mark.parametrize("settings", [None, "text = 3\n"])
def test_a_model_without_settings(folder, settings):
    write("a.csv")
    path = run(delimiter=";")
    (path / "config.toml").unlink()
    if settings is not None:
        (path / "config.toml").write_text(settings)
    assert taken(path, "a.csv") == {}


def test_a_task_has_no_layout(folder):
    write("a.csv")
    assert taken(run("glue", task="sst-2"), "a.csv") == {}


def test_a_missing_file(folder):
    path = run(delimiter=";")
    assert (taken(path, "none.csv"), taken(path, "none*.csv")) == ({}, {})
