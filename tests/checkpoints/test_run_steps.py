import pytest

from kbert.checkpoints.run_steps import continued_steps, read_steps, step_ranges

# 11 batches, then another plan whose optimizer continues from step 6.
TWO = ((0, 0), (11, 6))


@pytest.mark.parametrize(
    ("steps", "batches", "step", "expected"),
    [
        (((0, 0),), 11, 11, ((0, 0),)),
        (((0, 0),), 11, 6, TWO),
        (TWO, 17, 12, TWO),
        (TWO, 17, 3, (*TWO, (17, 3))),
        (TWO, 11, 6, TWO),  # the change was killed before its first checkpoint, and repeated
        (TWO, 11, 11, ((0, 0),)),  # ... or undone
        (TWO, 5, 5, ((0, 0),)),
        (((0, 0),), 0, 0, ((0, 0),)),
        (None, 5, 5, None),
    ],
)
def test_steps_of_a_resumed_run(steps, batches, step, expected):
    assert continued_steps(steps, batches, step) == expected


def test_ranges():
    assert step_ranges(TWO, 14) == [range(11), range(6, 9)]
    assert step_ranges(TWO, 11) == [range(11)]
    assert step_ranges(TWO, 0) == []


def test_recorded_steps_are_read_or_refused():
    assert read_steps([[0, 0], [11, 6]]) == TWO
    assert read_steps(None) is None
    for value in (
        "00",
        [[0]],
        [[0, 0], [0, 5]],
        [[5, 5], [0, 0]],
        [[0, -1]],
        [[0, "0"]],
        3,
        [[0, 0.0]],
    ):
        with pytest.raises((TypeError, ValueError)):
            read_steps(value)
