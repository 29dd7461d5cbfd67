"""A reload, with workers that record the commands they get."""

import pytest

from kbert import InputError
from kbert.serving.server.reload import Reload


class Worker:
    def __init__(self):
        self.told = []
        self.is_there = True

    def send(self, command):
        if self.is_there:
            self.told.append(command)
        return self.is_there


@pytest.fixture
def workers():
    return [Worker(), Worker()]


def test_no_worker_switches_before_all_have_loaded(workers):
    first, second = workers
    reload = Reload(workers)
    reload.hear(first, None)
    assert (first.told, second.told) == (["load"], ["load"])
    reload.hear(second, None)
    assert first.told == second.told == ["load", "switch"]


def test_it_ends_when_all_have_switched(workers):
    reload = Reload(workers)
    for worker in (*workers, workers[0]):
        reload.hear(worker, None)
        assert not reload.has_ended
    reload.hear(workers[1], None)
    assert reload.has_ended
    assert reload.error is None


@pytest.mark.parametrize("which", [0, 1])
def test_no_worker_switches_if_one_cannot_load(workers, which):
    error = InputError("no model")
    reload = Reload(workers)
    for number, worker in enumerate(workers):
        reload.hear(worker, error if number == which else None)
    assert reload.has_ended
    assert reload.error is error
    assert all(worker.told == ["load", "drop"] for worker in workers)


@pytest.mark.parametrize("answers", [0, 1, 2, 3])
def test_a_worker_that_ends_is_not_waited_for(workers, answers):
    reload = Reload(workers)
    for number in range(answers):
        reload.hear(workers[number % 2], None)
    workers[1].is_there = False
    reload.lose(workers[1])
    for _ in range(4 - answers):
        if not reload.has_ended:
            reload.hear(workers[0], None)
    assert reload.has_ended
    assert workers[0].told == ["load", "switch"]


def test_without_workers_it_ends_at_once(workers):
    for worker in workers:
        worker.is_there = False
    assert Reload(workers).has_ended
