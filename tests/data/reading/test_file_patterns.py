import glob

import pytest

from kbert import InputError
from kbert.data.reading.file_patterns import is_pattern, is_there, matching_files, run_name


@pytest.fixture
def folder(tmp_path):
    for name in ("part-10.csv", "part-2.csv", "b.tsv", ".hidden.csv", "sub/part-1.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def test_numbers_in_names_are_sorted_by_their_values(folder):
    found = [path.name for path in matching_files(folder / "part-*.csv")]
    assert found == ["part-2.csv", "part-10.csv"]


@pytest.mark.parametrize("pattern", ["*.csv", "**/*.csv", "?.tsv", "part-[12]*.csv", "*/*.csv"])
def test_the_files_are_those_that_glob_finds(pattern, folder):
    expected = glob.glob(str(folder / pattern), recursive=True)
    assert sorted(map(str, matching_files(folder / pattern))) == sorted(expected)


def test_an_existing_name_with_pattern_characters_is_not_a_pattern(folder):
    (folder / "a[1].csv").touch()
    assert not is_pattern(folder / "a[1].csv")
    assert is_pattern(folder / "b[1].csv")
    assert not is_pattern(["a*.csv"])


def test_is_there(folder):
    assert is_there(folder / "b.tsv")
    assert is_there(folder / "*.tsv")
    assert not is_there(folder / "*.json")


def test_patterns_that_match_nothing_a_folder_or_a_file_twice(folder):
    with pytest.raises(InputError, match=r"as a pattern it matches none.* there: part-10\.csv"):
        matching_files(folder / "x*.csv")
    with pytest.raises(InputError, match="is a folder; only files are read"):
        matching_files(folder / "s*")
    (folder / "part-3.csv").symlink_to(folder / "part-2.csv")
    with pytest.raises(InputError, match="lead to the same file"):
        matching_files(folder / "part-?.csv")


@pytest.mark.parametrize(
    ("data", "name"),
    [("reviews.csv", "reviews"), ("data/part-*.csv.gz", "part"), ("data/*.csv", "data")],
)
def test_run_name(data, name):
    assert run_name(data) == name
