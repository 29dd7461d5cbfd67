import csv
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert import TrainConfig
from kbert.runs.read_sets import read_files, read_sets, set_aside
from kbert.runs.recorded_split import RecordedSplit, write_dev_rows
from kbert.runs.run_config import inherited_split
from kbert.runs.run_directory import DEV_ROWS, RunDirectory


@pytest.fixture
def run(reviews, tmp_path):
    """The parts of a run directory that the split uses; its seed differs from the recorded one."""
    config = TrainConfig(str(reviews), dev_proportion=0.2)
    dev = read_sets(replace(config, seed=9))[1]["dev"]
    run = RunDirectory.create(tmp_path / "run")
    run.write_config(config.to_toml())
    run.update(data={"dev": {"sha256": dev.fingerprint}}, split_version=2)
    write_dev_rows(run.path, dev)
    return run


def test_the_dev_rows_of_a_run_are_those_it_lists(run, reviews):
    config = TrainConfig(str(reviews), dev_proportion=0.2)
    training, sets = read_sets(config, split=RecordedSplit.of(run))
    expected_training, expected = read_sets(replace(config, seed=9))
    assert sets["dev"].fingerprint == expected["dev"].fingerprint
    assert training.fingerprint == expected_training.fingerprint
    assert sets["dev"].source == f"{reviews} (the rows that {run.path / DEV_ROWS} lists)"
    assert sets["dev"].fingerprint != read_sets(config)[1]["dev"].fingerprint
    lines = (run.path / DEV_ROWS).read_text().splitlines()
    assert lines == ["row", *map(str, expected["dev"].rows.tolist())]


@pytest.mark.parametrize(
    "content",
    [b"", b"row\n", b"row\n1\n2\n", b"row\nx\n", b"\xff\xfe", b"row\n" + b"9" * 99, b"row\n\n\n"],
)
def test_a_list_that_does_not_fit_the_run_is_ignored(content, run, reviews):
    (run.path / DEV_ROWS).write_bytes(content)
    config = TrainConfig(str(reviews), dev_proportion=0.2)
    dev = read_sets(config, split=RecordedSplit.of(run))[1]["dev"]
    assert dev.fingerprint == read_sets(config)[1]["dev"].fingerprint


def test_changed_data_are_split_by_their_texts(run, reviews, tmp_path):
    """With one more row at the start of the file, the numbers are those of other rows."""
    with reviews.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    changed = tmp_path / "changed.csv"
    with changed.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, ["A new one.", "good"], *rows])
    config = TrainConfig(str(changed), dev_proportion=0.2)
    dev = read_sets(config, split=RecordedSplit.of(run))[1]["dev"]
    assert dev.fingerprint == read_sets(config)[1]["dev"].fingerprint
    # Rows added at the end change neither the numbers nor the listed rows.
    with changed.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows, ["A new one.", "good"]])
    training, sets = read_sets(config, split=RecordedSplit.of(run))
    assert (len(training) + len(sets["dev"]), sets["dev"].source[-5:]) == (len(rows) + 1, "ists)")


def test_rows_of_several_files_are_listed_by_file(sentences, tmp_path):
    for part in range(2):
        with (tmp_path / f"{part}.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerows([["text", "label"], *list(zip(*sentences, strict=True))[part::2]])
    config = TrainConfig(str(tmp_path / "[01].csv"), dev_proportion=0.3)
    dev = read_sets(config)[1]["dev"]
    write_dev_rows(tmp_path, dev)
    with (tmp_path / DEV_ROWS).open(newline="") as file:
        rows = list(csv.DictReader(file))
    for listed, text in zip(rows, dev.texts, strict=True):
        with open(listed["file"], encoding="utf-8", newline="") as file:
            assert list(csv.reader(file))[int(listed["row_in_file"])][0] == text
    split = RecordedSplit(2, np.array([int(row["row"]) for row in rows]), dev.fingerprint, "x")
    whole, given_sets = read_files(config)
    assert set_aside(config, whole, given_sets, split)[1]["dev"].fingerprint == dev.fingerprint


def test_a_continued_run_keeps_the_rows_if_the_split_is_the_same(run, reviews):
    config = TrainConfig(str(reviews), dev_proportion=0.2, parent=str(run))
    assert inherited_split(config).rows is not None
    for changes in ({"dev_proportion": 0.3}, {"split_seed": 4}, {"group": "label"}):
        assert inherited_split(replace(config, **changes)).rows is None
    assert inherited_split(replace(config, seed=4, split_seed=0)).rows is not None
    assert inherited_split(replace(config, data="other.csv")).rows is None


@given(st.sets(st.integers(1, 10**12), min_size=1))
@settings(deadline=None)
def test_any_numbers_are_read_back(tmp_path_factory, numbers):
    folder = tmp_path_factory.getbasetemp()
    (folder / DEV_ROWS).write_text("row\n" + "\n".join(map(str, numbers)) + "\n")
    RunDirectory(folder).update(data={"dev": {"sha256": "x"}})
    assert RecordedSplit.of(RunDirectory(folder)).rows.tolist() == sorted(numbers)
