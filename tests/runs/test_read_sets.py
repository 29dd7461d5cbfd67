import csv

import pytest

from kbert.config import TrainConfig
from kbert.data.inspection.set_findings import untrained_classes
from kbert.errors import FindingsError
from kbert.runs.read_sets import read_sets


@pytest.fixture
def config(tmp_path):
    def write(labels, **settings):
        path = tmp_path / "train.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = [[f"text {place}", label] for place, label in enumerate(labels)]
            csv.writer(file).writerows([["text", "label"], *rows])
        return TrainConfig(data=str(path), **settings)

    return write


def test_a_column_of_ids_is_refused_before_it_is_split(config):
    with pytest.raises(FindingsError, match=r"40 rows have 40 different labels.*To continue anyw"):
        read_sets(config([f"id{place}" for place in range(40)]))
    with pytest.raises(FindingsError, match="the column looks like an id or a text"):
        read_sets(config([f"id{place}" for place in range(40)], dev_proportion=0.0))


def test_too_many_classes_can_be_allowed(config):
    labels = [*(f"id{place}" for place in range(30)), "a", "a", "b", "b"]
    with pytest.raises(FindingsError, match="34 rows have 32 different labels"):
        read_sets(config(labels))
    training, sets = read_sets(config(labels, allow=("too-many-classes",)))
    assert (len(training), len(sets["dev"])) == (32, 2)


def test_seeds_are_compared_on_one_split(config):
    labels = ["a", "b"] * 60
    first, other = (read_sets(config(labels, seed=seed, split_seed=7))[1]["dev"] for seed in (0, 1))
    assert first.texts == other.texts
    assert first.source.endswith("(10% set aside, seed 7)")
    # Without it, the split is that of the seed, as always.
    assert read_sets(config(labels, seed=7))[1]["dev"].texts == first.texts
    assert read_sets(config(labels, seed=1))[1]["dev"].texts != first.texts


def test_a_class_missing_from_the_training_set_is_reported(config, tmp_path):
    path = tmp_path / "late.csv"
    rows = [f"text {n},{'ab'[n % 2] if n < 90 else 'bc'[n % 2]},{n}" for n in range(100)]
    path.write_text("text,label,day\n" + "\n".join(rows) + "\n")
    training, sets = read_sets(TrainConfig(str(path), split_by_time="day"))
    assert (len(training), len(sets["dev"])) == (90, 10)
    found = untrained_classes(training, sets["dev"])
    assert found.message.startswith("5 rows of dev are of 1 class that the training set has no row")
    training, sets = read_sets(TrainConfig(str(path)))
    assert untrained_classes(training, sets["dev"]) is None
