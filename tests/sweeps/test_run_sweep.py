"""Sweeps that train tiny models, in this process and in separate ones."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from tiny_config import tiny_config

from kbert import InputError, TrainConfig, resume, train
from kbert.cli.main import main
from kbert.config import SweepOptions
from kbert.runs.run_directory import RunDirectory
from kbert.sweeps.run_sweep import resume_sweep, run_sweep
from kbert.sweeps.sweep import Sweep
from kbert.sweeps.workers import find_workers
from kbert.sweeps.workers.train_run import train_run

# A sweep does not depend on the backend; each of its runs is an ordinary run.
pytestmark = [pytest.mark.keras, pytest.mark.any_backend]


class Here:
    """Workers that train in this process, to the end."""

    started = 0
    ends_after = None

    def __init__(self, module):
        pass

    def at_once(self):
        return 0

    def threads(self, jobs):
        return 1

    def start(self, job):
        if Here.started == Here.ends_after:
            raise KeyboardInterrupt
        Here.started += 1
        outcome = train_run(job.config, job.run)
        return type("Done", (), {"poll": lambda self: outcome, "stop": lambda self: None})()

    def close(self):
        pass


@pytest.fixture(autouse=True)
def here(monkeypatch):
    monkeypatch.setattr(find_workers, "LocalWorkers", Here)
    monkeypatch.setattr(Here, "started", 0)
    monkeypatch.setattr(Here, "ends_after", None)


def settings_of(reviews, tiny_preset, output):
    config = tiny_config(reviews, tiny_preset, output, max_length=8, epochs=1, baseline="none")
    return {name: value for name, value in vars(config).items() if name != "learning_rate"}


def sweep_of(reviews, tiny_preset, output, **options):
    settings = settings_of(reviews, tiny_preset, output)
    return Sweep.of(settings, {"learning_rate": "1e-3,1e-2"}, SweepOptions(seeds=2, **options))


def results(run):
    found = json.loads((run.path / "sweep.json").read_text(encoding="utf-8"))
    for trial in found["trials"]:
        del trial["seconds"]
    return found


@pytest.fixture(scope="module")
def whole(reviews, tiny_preset, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(find_workers, "LocalWorkers", Here)
        output = tmp_path_factory.mktemp("sweeps") / "whole"
        return run_sweep(sweep_of(reviews, tiny_preset, output), "unused")


def test_each_run_equals_one_of_train(whole, reviews, tiny_preset, tmp_path):
    found = results(whole)
    assert [trial["state"] for trial in found["trials"]] == ["complete", "complete"]
    for trial in found["trials"]:
        assert trial["mean"] == pytest.approx(sum(trial["scores"].values()) / 2)
    one = next(trial for trial in found["trials"] if trial["setting"]["learning_rate"] == 1e-2)
    settings = settings_of(reviews, tiny_preset, tmp_path / "alone")
    alone = TrainConfig(**{**settings, "learning_rate": 1e-2, "seed": 1, "split_seed": 0})
    assert train(alone, verbose=0).best_scores()["accuracy"] == one["scores"]["1"]
    means = [trial["mean"] for trial in found["trials"]]
    assert means == sorted(means, reverse=True)
    assert found["choice"]["folder"] == found["trials"][0]["folder"]


def test_the_final_run_has_its_own_seed_and_the_same_dev_rows(whole):
    final = RunDirectory(whole.path / "final")
    config = TrainConfig.from_toml(final.path / "config.toml")
    assert config.seed == 2
    first = RunDirectory(whole.path / "trial-1" / "seed-0")
    assert (final.path / "dev_rows.csv").read_text() == (first.path / "dev_rows.csv").read_text()
    assert config.learning_rate == results(whole)["trials"][0]["setting"]["learning_rate"]
    assert (final.path / "model" / "model.safetensors").exists()
    assert not first.checkpoints.exists()


def test_a_stopped_sweep_resumes_to_the_same_results(
    whole, reviews, tiny_preset, tmp_path, monkeypatch
):
    monkeypatch.setattr(Here, "ends_after", 3)
    sweep = sweep_of(reviews, tiny_preset, tmp_path / "stopped")
    with pytest.raises(KeyboardInterrupt) as stop:
        run_sweep(sweep, "unused")
    assert stop.value.__notes__ == [f'kbert.resume("{tmp_path / "stopped"}") continues.']
    assert RunDirectory(tmp_path / "stopped").record["status"] == "stopped"
    monkeypatch.setattr(Here, "ends_after", None)
    (tmp_path / "stopped" / "study.db").unlink(missing_ok=True)
    again = resume_sweep(tmp_path / "stopped", "unused")
    assert results(again) == results(whole)
    assert Here.started == 5
    assert again.record["status"] == "finished"


def test_the_same_command_line_continues_and_another_is_refused(whole, reviews, tiny_preset):
    output = whole.path
    before = Here.started
    assert run_sweep(sweep_of(reviews, tiny_preset, output), "unused").path == output
    assert Here.started == before
    other = Sweep.of(
        settings_of(reviews, tiny_preset, output), {"learning_rate": "1e-3"}, SweepOptions(seeds=2)
    )
    with pytest.raises(InputError, match="is a sweep of other settings: `learning_rate` differs"):
        run_sweep(other, "unused")
    with pytest.raises(InputError, match="is a sweep, which the command line resumes"):
        resume(output)
    elsewhere = sweep_of(reviews, tiny_preset, output / "final")
    with pytest.raises(InputError, match="already contains a run"):
        run_sweep(elsewhere, "unused")


def test_on_the_command_line(reviews, tiny_preset, tmp_path, capsys, whole):
    def status(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([*arguments])
        return ended.value.code or 0, capsys.readouterr()

    shared = ["--preset", str(tiny_preset), "--weights", "random", "--max-length", "8"]
    shared += ["--epochs", "8"]  # else there are too few updates
    code, said = status("sweep", str(reviews), *shared, "--learning-rate", "1e-3,1e-2", "--dry-run")
    assert code == 0
    assert "2 settings x 3 seeds = 6 runs on 95 training rows" in said.out
    assert "  WARNING  too-few-updates\n" in said.out
    code, said = status("sweep", str(reviews), *shared, "--learning-rate", "1e-3,x")
    assert (code, said.err) == (
        2,
        "kbert: --learning-rate must be a number. Received: 'x'\n",
    )
    code, said = status("sweep", str(reviews), "--label", "lable", "--epochs", "1,2")
    assert code == 2
    assert "no column 'lable'" in said.err
    code, said = status("resume", str(whole.path), "--epochs", "3")
    assert code == 2
    assert "leave out --epochs" in said.err
    code, said = status("resume", str(whole.path))
    assert code == 0
    assert f"predict {whole.path}/final" in said.out


@pytest.mark.slow
@pytest.mark.usefixtures("one_backend")
def test_a_killed_sweep_resumes_and_its_run_with_it(reviews, tiny_preset, tmp_path):
    output = tmp_path / "killed"
    arguments = [
        *("sweep", reviews, "--preset", tiny_preset, "--weights", "random", "--epochs", "12"),
        *("--learning-rate", "1e-3,1e-2", "--seeds", "1", "--batch-size", "8", "--max-length", "8"),
        *("--checkpoint-steps", "20", "--no-retrain", "--output", output),
    ]
    kbert = [sys.executable, "-m", "kbert"]
    driver = subprocess.Popen([*kbert, *map(str, arguments)])
    run = output / "trial-1" / "seed-0"
    try:
        until = time.monotonic() + 120
        while not (run / "checkpoints" / "last").exists():
            assert time.monotonic() < until
            assert driver.poll() is None
            time.sleep(0.02)
    finally:
        driver.send_signal(signal.SIGKILL)
        driver.wait()
    while RunDirectory(run).readable_record.get("status") != "stopped":
        assert time.monotonic() < until
        time.sleep(0.1)
    assert RunDirectory(output).record["status"] == "running"
    begun = RunDirectory(run).record["id"]
    subprocess.run([*kbert, "resume", output], check=True, timeout=600)
    undisturbed = train(
        replace(TrainConfig.from_toml(run / "config.toml"), output=str(tmp_path / "alone")),
        verbose=0,
    )
    assert RunDirectory(run).record["id"] == begun
    trials = {trial["folder"]: trial for trial in results(RunDirectory(output))["trials"]}
    assert [trial["state"] for trial in trials.values()] == ["complete", "complete"]
    assert trials["trial-1"]["scores"] == {"0": undisturbed.best_scores()["accuracy"]}
    assert RunDirectory(output).record["status"] == "finished"
