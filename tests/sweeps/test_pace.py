"""How many runs of a sweep fit a machine, measured by the first."""

import pytest
from sweeps.fake_workers import FakeWorkers, sweep_of, write_epochs

from kbert.runs.run_directory import RunDirectory
from kbert.sweeps import pace


@pytest.mark.parametrize(
    ("device", "megabytes", "cores", "jobs"),
    [
        ("cpu", 1000, 8, 4),  # 1.2 GB each, of 5
        ("cpu", 1000, 2, 2),
        ("cpu", 9000, 8, 1),
        ("cpu", 0, 8, 1),  # not measured
        ("cuda", 100, 8, 1),
    ],
)
def test_as_many_runs_as_fit(device, megabytes, cores, jobs, tmp_path, monkeypatch):
    monkeypatch.setattr(pace, "available_memory", lambda: 5e9)
    monkeypatch.setattr(pace, "usable_cores", lambda: cores)
    sweep = sweep_of({"learning_rate": "1e-4,2e-4"}, tmp_path, jobs="auto")
    found = pace.Pace(sweep, FakeWorkers(None), [])
    assert found.jobs == 1  # for the first run
    write_epochs(tmp_path / "run", [0.5])
    run = RunDirectory(tmp_path / "run")
    run.update(machine={"device": device}, peak_memory_mb=megabytes)
    found.add(run, 60.0)
    assert found.jobs == jobs
    run.update(peak_memory_mb=1)
    found.add(run, 60.0)
    assert found.jobs == jobs  # the first run has decided
