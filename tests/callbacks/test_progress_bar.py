import re
import sys

import keras
import numpy as np
import pytest

from kbert import KbertError
from kbert.callbacks import ProgressBar

pytestmark = pytest.mark.keras


def _drive(bar, batches, epoch=0):
    bar.on_epoch_begin(epoch)
    for batch in range(batches):
        bar.on_train_batch_end(batch, {"loss": 0.5 + epoch})


@pytest.mark.parametrize(
    ("batches", "expected"),
    [
        (20, list(range(2, 21, 2))),
        (3, [1, 2, 3]),
        (1, [1]),
        (25, [3, 5, 8, 10, 13, 15, 18, 20, 23, 25]),
    ],
    ids=str,
)
def test_a_line_is_printed_every_tenth_of_the_run(batches, expected, capsys):
    bar = ProgressBar(batches)
    bar.on_train_begin()
    _drive(bar, batches)
    bar.on_train_end()
    lines = capsys.readouterr().out.splitlines()
    assert [int(re.search(r"batch (\d+) of", line)[1]) for line in lines] == expected
    form = r"epoch 1, batch \d+ of \d+, loss 0\.5000(, about \d.* left)?"
    assert all(re.fullmatch(form, line) for line in lines)
    # The first batch compiles, and says nothing about the time left.
    assert [line.endswith(" left") for line in lines] == [number > 1 for number in expected]


def test_the_loss_of_the_task_is_shown_beside_one_with_other_terms(capsys):
    bar = ProgressBar(1)
    bar.on_train_begin()
    bar.on_epoch_begin(0)
    bar.on_train_batch_end(0, {"loss": 1.25, "task_loss": 0.003})
    assert "batch 1 of 1, loss 1.2500, task_loss 0.0030\n" in capsys.readouterr().out


def test_a_resumed_run_counts_from_where_it_stopped(capsys):
    bar = ProgressBar(20, 10)
    bar.on_train_begin()
    _drive(bar, 10)
    lines = capsys.readouterr().out.splitlines()
    assert [int(re.search(r"batch (\d+) of 20", line)[1]) for line in lines] == [12, 14, 16, 18, 20]


def test_a_line_counts_the_batches_of_its_epoch(capsys):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    data = (np.ones((4, 1)), np.ones((4, 1)))
    model.fit(*data, 2, epochs=2, verbose=0, callbacks=[ProgressBar(4)])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(", loss")[0] for line in lines] == [
        "epoch 1, batch 1 of 2",
        "epoch 1, batch 2 of 2",
        "epoch 2, batch 1 of 2",
        "epoch 2, batch 2 of 2",
    ]


def test_bar_on_a_terminal_prints_no_lines_and_stops(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    bar = ProgressBar(4)
    bar.on_train_begin()
    progress = bar._bar
    assert progress.live.is_started
    _drive(bar, 4, epoch=1)
    task = progress.tasks[0]
    assert (task.completed, task.total, task.description) == (4, 4, "epoch 2")
    assert task.fields["loss"] == "1.5000"
    bar.close()
    assert not progress.live.is_started
    bar.close()
    assert "batch 4 of 4" not in capsys.readouterr().out


def test_several_batches_at_a_time(capsys):
    """As with `steps_per_execution`, where Keras reports only the last batch."""
    bar = ProgressBar(20)
    bar.set_params({"steps": 10})
    bar.on_train_begin()
    for epoch in range(2):
        bar.on_epoch_begin(epoch)
        for batch in (3, 7, 11):
            bar.on_train_batch_end(batch, {"loss": 0.5})
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(", loss")[0] for line in lines] == [
        f"epoch {epoch}, batch {batch} of 10" for epoch in (1, 2) for batch in (4, 8, 10)
    ]


@pytest.mark.parametrize("batches", [0, -1, "20", 2.5])
def test_batches_must_be_a_whole_number(batches):
    with pytest.raises(KbertError, match="`batches` must be a whole number, 1 or more"):
        ProgressBar(batches)
