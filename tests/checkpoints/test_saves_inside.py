import pytest

from kbert.checkpoints.saves_inside import check_saves_inside
from kbert.errors import InputError

BATCHES = range(7)  # only the number of Batches is used


@pytest.mark.parametrize("intervals", [(), (None, None), (5, None), (None, 0.5)], ids=str)
def test_whole_epochs_of_batches_can_be_resumed(intervals):
    check_saves_inside(BATCHES, 7, *intervals)


@pytest.mark.parametrize("steps", [None, 7])
def test_other_data_allow_checkpoints_only_after_epochs(steps):
    check_saves_inside(None, steps, None, None)
    with pytest.raises(InputError, match=r"need Batches, whose order is reproducible"):
        check_saves_inside(None, steps, None, 10)


def test_an_epoch_in_parts_is_refused():
    with pytest.raises(InputError, match="fit runs 4 steps per epoch, but the Batches have 7"):
        check_saves_inside(BATCHES, 4)


def test_saving_inside_epochs_of_unknown_length_is_refused():
    check_saves_inside(BATCHES, None, None)
    with pytest.raises(InputError, match="and whole epochs"):
        check_saves_inside(BATCHES, None, 3)
