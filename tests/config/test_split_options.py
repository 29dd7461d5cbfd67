import pytest

from kbert import InputError, TrainConfig
from kbert.config import SplitOptions


def test_without_a_split_seed_the_seed_decides_the_split():
    assert TrainConfig("a.csv", seed=5).seed_of_split == 5
    assert TrainConfig("a.csv", seed=5, split_seed=0).seed_of_split == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"split_seed": -1}, "`split_seed` must be from 0 to 4294967295. Received: -1"),
        ({"split_seed": 2**32}, "`split_seed` must be from 0 to"),
        ({"split_seed": 1, "dev": "b.csv"}, '`split_seed` has no effect beside dev="b.csv"'),
        ({"split_seed": 1, "dev_proportion": 0.0}, "`split_seed` has no effect beside dev_prop"),
        ({"split_seed": 1, "task": "mrpc"}, "Leave out `split_seed`, or the task"),
        ({"split_by_time": "t", "dev": "b.csv"}, "`split_by_time` has no effect beside dev="),
        (
            {"split_by_time": "t", "split_seed": 1},
            "`split_seed` has no effect beside split_by",
        ),
        ({"folds": 1}, "`folds` must be from 2 to 1000. Received: 1"),
        ({"fold": 1}, "`fold` must be from 1 to the number of `folds`. Received: 1"),
        ({"folds": 3, "fold": 4}, "`fold` must be from 1 to the number of `folds`. Received: 4"),
        ({"folds": 3, "dev": "b.csv"}, '`folds` has no effect beside dev="b.csv"'),
        ({"folds": 3, "dev_proportion": 0.2}, "`dev_proportion` has no effect beside folds=3"),
        ({"folds": 3, "split_by_time": "t"}, "`split_by_time` has no effect beside folds=3"),
        ({"split_seed": 1.0}, "`split_seed` must be a whole number"),
    ],
)
def test_invalid_settings_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        TrainConfig("a.csv", **settings)


def test_split_options_refuse_a_negative_seed():
    with pytest.raises(InputError, match="split_seed"):
        SplitOptions(split_seed=-3)
