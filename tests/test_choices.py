"""The choices of options are those that the code behind them knows."""

from typing import get_args

import pytest

from kbert import choices
from kbert.backend.choose_backend import BACKENDS
from kbert.data.reading.file_suffixes import SUFFIXES
from kbert.data.reading.tasks import TASKS


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (choices.Backend, BACKENDS),
        (choices.Task, TASKS),
        (choices.FileFormat, SUFFIXES.values()),
    ],
    ids=["backends", "tasks", "formats"],
)
def test_choices_match_what_is_known(words, known):
    assert set(get_args(words)) == set(known)


def test_a_batch_size_is_a_number_or_auto():
    number, word = get_args(choices.BatchSize)
    assert (number, get_args(word)) == (int, ("auto",))
