"""A single process; tests/runs/test_several_processes.py has two."""

from kbert.backend import processes


def test_a_single_process():
    assert not processes.is_joined()
    assert (processes.process_count(), processes.process_index()) == (1, 0)
    assert processes.is_first()
    assert [processes.level_of(verbose) for verbose in (0, 1, 2)] == [0, 1, 2]


def test_a_single_process_gathers_only_its_own_value():
    assert processes.gather("same", "a value") == ["a value"]
    processes.barrier("nobody waits")


def test_a_process_other_than_the_first_is_silent(monkeypatch):
    monkeypatch.setattr(processes, "process_index", lambda: 1)
    assert not processes.is_first()
    assert [processes.level_of(verbose) for verbose in (0, 1, 2)] == [0, 0, 0]
