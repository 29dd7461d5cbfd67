"""One process alone; tests/runs/test_several_processes.py has two."""

from kbert.backend import processes


def test_a_process_that_is_alone():
    assert not processes.is_joined()
    assert (processes.process_count(), processes.process_index()) == (1, 0)
    assert processes.is_first()
    assert [processes.level_of(verbose) for verbose in (0, 1, 2)] == [0, 1, 2]


def test_what_it_gathers_is_its_own():
    assert processes.gather("same", "a value") == ["a value"]
    processes.barrier("nobody waits")


def test_another_process_speaks(monkeypatch):
    monkeypatch.setattr(processes, "process_index", lambda: 1)
    assert not processes.is_first()
    assert [processes.level_of(verbose) for verbose in (0, 1, 2)] == [0, 0, 0]
