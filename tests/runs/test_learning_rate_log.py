import pytest

from kbert.runs.learning_rate_log import rewind_log

HEADER = "step,epoch,learning_rate,loss,gradient_norm,update_ratio\n"
ONE = ((0, 0),)
# After 11 batches the plan was changed: the optimizer continued from step 6.
TWO = ((0, 0), (11, 6))


def rows(*parts):
    return HEADER + "".join(f"{step},0,0.1,0.5,1.5,\n" for part in parts for step in part)


@pytest.mark.parametrize(
    ("batches", "steps", "before", "gaps", "after"),
    [
        (5, ONE, rows(range(5)), [], rows(range(5))),
        (5, ONE, rows(range(9)), [], rows(range(5))),
        (0, ONE, rows(range(9)), [], HEADER),
        (0, ONE, "st", [], HEADER),
        (3, ONE, "", ["0 to 2"], HEADER),
        (8, ONE, rows([0, 1, 2, 5, 6, 7, 8, 9]), ["3 to 4"], rows([0, 1, 2, 5, 6, 7])),
        (8, ONE, rows(range(1, 5)), ["0", "5 to 7"], rows(range(1, 5))),
        # by their numbers, not by their count
        (4, ONE, rows([0, 1, 5, 6, 7, 8]), ["2 to 3"], rows([0, 1])),
        (
            6,
            ONE,
            rows(range(3)) + "\0" * 30 + "\n" + rows(range(5, 9))[len(HEADER) :],
            ["3 to 4"],
            rows([0, 1, 2, 5]),
        ),
        (4, ONE, rows(range(3)) + "3,0,0.1,0.5,1.", ["3"], rows(range(3))),
        (17, TWO, rows(range(11), range(6, 24)), [], rows(range(11), range(6, 12))),
        (11, TWO, rows(range(11), range(6, 24)), [], rows(range(11))),
        (14, TWO, rows(range(9), range(6, 9)), ["9 to 10"], rows(range(9), range(6, 9))),
        (13, ((0, 0), (11, 20)), rows(range(11), range(20, 30)), [], rows(range(11), [20, 21])),
        (5, ONE, rows([0, 1, 1, 2, 3, 4]), [], rows(range(5))),
        # kbert 0.1 did not record the steps of its plans
        (5, None, rows(range(9)), [], rows(range(5))),
        (5, None, rows(range(3)), ["3 to 4"], rows(range(3))),
    ],
)
def test_the_log_is_rewound_by_step_number(batches, steps, before, gaps, after, tmp_path):
    file = tmp_path / "learning_rate.csv"
    file.write_text(before, encoding="utf-8")
    assert list(map(str, rewind_log(tmp_path, batches, steps))) == gaps
    if after is not None:
        assert file.read_text(encoding="utf-8") == after
    assert list(map(str, rewind_log(tmp_path, batches, steps))) == gaps


def test_a_log_of_kbert_0_1_gets_the_new_columns(tmp_path):
    file = tmp_path / "learning_rate.csv"
    file.write_text("step,epoch,learning_rate,loss\n0,0,0.1,0.5\n1,0,0.1,\n2,0,0.1\n")
    assert list(map(str, rewind_log(tmp_path, 3, ONE))) == ["2"]
    assert file.read_text() == HEADER + "0,0,0.1,0.5,,\n1,0,0.1,,,\n"


def test_a_torn_row_counts_as_missing(tmp_path):
    file = tmp_path / "learning_rate.csv"
    file.write_text(rows(range(2)) + "2,0,0.1,0.\n" + "3,0,0.1,0.5,,\n")
    assert list(map(str, rewind_log(tmp_path, 4, ONE))) == ["2"]


def test_without_a_log(tmp_path):
    assert rewind_log(tmp_path, 0, ONE) == []
    assert list(map(str, rewind_log(tmp_path, 3, ONE))) == ["0 to 2"]
    assert list(tmp_path.iterdir()) == []
