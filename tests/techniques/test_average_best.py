import pytest

from kbert import AverageBest, InputError
from kbert.config import TechniqueOptions
from kbert.runs.average_of_best import check_can_average


@pytest.mark.parametrize("count", [-1, 1])
def test_fewer_than_two_are_refused(count):
    with pytest.raises(InputError, match=f"`average_best` must be 2 or more. Received: {count}"):
        AverageBest(count)
    with pytest.raises(InputError, match=f"`average_best` must be 2 or more. Received: {count}"):
        TechniqueOptions(average_best=count)


def test_a_run_without_an_evaluation_is_refused():
    check_can_average(0, None)
    with pytest.raises(InputError, match="`average_best` needs a set to evaluate on."):
        check_can_average(3, None)
