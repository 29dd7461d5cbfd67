import csv
import io
import json
import shutil
import subprocess
import sys
from contextlib import redirect_stdout

import numpy as np
import pytest

from kbert import (
    BertClassifier,
    KbertError,
    TrainConfig,
    TrainingPlan,
    continue_training,
    read_examples,
    train,
)
from kbert.findings import Call, Option
from kbert.runs.run_directory import RunDirectory

pytestmark = pytest.mark.keras


def steps_of(run):
    with (run.path / "learning_rate.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [int(row["step"]) for row in rows], [float(row["learning_rate"]) for row in rows]


def contents(folder):
    """Every file of a folder, with its contents."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def parent(reviews, tiny_preset, folder):
    """A run of two epochs."""
    config = TrainConfig(
        data=str(reviews),
        output=str(folder / "parent"),
        preset=str(tiny_preset),
        weights="random",
        max_length=8,
        epochs=2,
        batch_size=8,
        learning_rate=1e-3,
        dev_proportion=0.2,
    )
    return train(config, verbose=0)


@pytest.fixture(scope="module")
def child(parent, folder):
    """A run that continues the parent, its initial weights, and what it printed."""
    began, printed = [], io.StringIO()
    fit = BertClassifier.fit

    def noted(self, *args, **kwargs):
        began.extend(self.get_weights())
        assert int(self.optimizer.iterations) == 0
        return fit(self, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        patch.setattr(BertClassifier, "fit", noted)
        run = continue_training(parent.path, folder / "child", epochs=1, learning_rate=2e-3)
    return run, began, printed.getvalue()


@pytest.mark.any_backend  # a matter of files
def test_it_starts_with_the_parents_best_weights(parent, child):
    _, began, printed = child
    kept = BertClassifier.load(parent.path).get_weights()
    assert len(began) == len(kept)
    for new, old in zip(began, kept, strict=True):
        np.testing.assert_array_equal(new, old)
    assert f"\nLoading {parent} on " in printed


@pytest.mark.any_backend
def test_it_trains_with_a_plan_of_its_own(parent, child):
    run, began, _ = child
    steps, rates = steps_of(run)
    # 85 rows in batches of 8; the old plan had 22 updates.
    plan = TrainingPlan(85, batch_size=8, epochs=1, learning_rate=2e-3)
    assert steps == list(range(11))
    np.testing.assert_allclose(rates, plan.learning_rate_at(np.arange(11)), rtol=1e-6)
    assert rates[0] == pytest.approx(2e-3 / 2)  # warmup is one update
    assert min(rates) > 0
    pairs = zip(BertClassifier.load(run.path).get_weights(), began, strict=True)
    assert all(np.any(new != old) for new, old in pairs if new.ndim > 1)
    assert run.record["plan"]["updates"] == 11
    assert len(steps_of(parent)[0]) == 22


def test_it_records_its_parent(parent, child):
    run, _, _ = child
    record = json.loads((parent.path / "evaluations.json").read_text())
    best = record["epochs"][record["best_epoch"] - 1]["dev"]
    noted = run.record["parent"]
    assert noted["result"]["accuracy"] == best["accuracy"]
    assert (noted["result"]["set"], noted["result"]["rows"]) == ("dev", 21)
    assert {name: noted[name] for name in ("run", "updates", "epochs", "best_epoch", "parent")} == {
        "run": str(parent.path),
        "updates": 22,
        "epochs": 2,
        "best_epoch": record["best_epoch"],
        "parent": None,
    }
    assert "parent" not in parent.record


@pytest.mark.any_backend  # a matter of the settings
def test_settings_are_the_parents_unless_given(parent, child):
    run, _, _ = child
    old, new = (TrainConfig.from_toml(r.path / "config.toml") for r in (parent, run))
    assert (new.parent, new.output) == (str(parent.path), str(run.path))
    assert (new.epochs, new.learning_rate) == (1, 2e-3)
    kept = ("data", "batch_size", "max_length", "dev_proportion", "seed", "preset")
    assert {name: getattr(new, name) for name in kept} == {n: getattr(old, n) for n in kept}


@pytest.mark.any_backend  # a matter of settings
@pytest.mark.parametrize(("long_text", "stride"), [("tail", None), ("windows", 9)])
def test_window_settings_are_inherited_only_for_windows(parent, long_text, stride, monkeypatch):
    from kbert.runs import continue_training as module

    given = {"data": "a.csv", "seed": 0, "long_text": "windows", "stride": 9, "pool": "max"}
    monkeypatch.setattr(module, "parent_settings", lambda run: given)
    settings = module._inherited(parent.path, {"long_text": long_text})
    assert settings.get("stride") == stride
    assert TrainConfig(**{**settings, "long_text": long_text}).stride == stride


@pytest.mark.any_backend  # a matter of files
def test_the_default_output_is_the_next_free_directory(parent, monkeypatch):
    from kbert.runs import continue_training as module

    seen = []
    monkeypatch.setattr(
        module, "train_into", lambda run, config, *_: seen.append((run.path, config))
    )
    continue_training(parent.path, epochs=5)
    [(path, config)] = seen
    assert (str(path), config.epochs) == (f"{parent.path}-1", 5)
    assert not path.exists()  # nothing was recorded in it


@pytest.mark.any_backend  # the tests above run on each
def test_a_grandchild_on_other_data(child, sentences, tmp_path):
    data = tmp_path / "more.csv"
    with data.open("w", encoding="utf-8", newline="") as file:
        rows = [*zip(*sentences, strict=True)][:5:-1]  # 100, the last first
        csv.writer(file).writerows([["text", "label"], *rows])
    run = continue_training(child[0].path, tmp_path / "new", data=str(data), verbose=0)
    assert run.record["parent"]["run"] == str(child[0].path)
    assert run.record["parent"]["parent"] == child[0].record["parent"]
    assert run.record["data"]["train"]["rows"] == 80
    assert run.record["labels"] == ["bad", "good"]
    assert steps_of(run)[0] == list(range(10))


@pytest.mark.any_backend  # a matter of files
@pytest.mark.parametrize("where", ["the-parent-itself", "another"])
def test_refuses_an_output_that_exists(parent, child, where):
    output = parent.path if where == "the-parent-itself" else child[0].path
    before = contents(output.parent)
    with pytest.raises(KbertError) as refused:
        continue_training(parent.path, output, epochs=1, verbose=0)
    assert str(refused.value) == (
        f"{output} already exists, and a continued run needs a directory of its own: in the old "
        "one the optimizer is at the end of its plan, at learning rate 0. Cure: "
        f"{Option('output', f'{parent.path}-1')}"
    )
    assert contents(output.parent) == before


@pytest.mark.any_backend  # a matter of files
@pytest.mark.parametrize("inside", ["second", "model/second"])
def test_refuses_an_output_inside_the_parent(parent, inside):
    message = f"lies inside the run {parent.path}. Name a directory beside it."
    with pytest.raises(KbertError, match=message) as refused:
        continue_training(parent.path, parent.path / inside, epochs=1, verbose=0)
    assert refused.value.cure.settings == {"output": f"{parent.path}-1"}
    assert not (parent.path / inside).exists()


@pytest.mark.any_backend  # refused before a model is made
def test_refuses_an_invalid_parent(parent, tmp_path):
    for name, message in (("none", "none does not exist"), ("", "is not a run directory")):
        with pytest.raises(KbertError, match=f"{message}.*Pass the directory of a run"):
            continue_training(tmp_path / name, tmp_path / "new", verbose=0)
    shutil.copytree(parent.path, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "model")
    RunDirectory(tmp_path / "run").update(status="stopped")
    with pytest.raises(
        KbertError, match=r"run is a run without a trained model \(its status is 'stopped'\)"
    ) as refused:
        continue_training(tmp_path / "run", tmp_path / "new", verbose=0)
    assert refused.value.cure.values["call"] == Call("resume", tmp_path / "run")
    assert not (tmp_path / "new").exists()


@pytest.mark.any_backend  # refused before a model is made
def test_refuses_labels_that_the_model_does_not_know(parent, reviews, tmp_path):
    data = tmp_path / "other.csv"
    data.write_text(reviews.read_text(encoding="utf-8") + "So so.,fair\n", encoding="utf-8")
    message = r"row 107.*'fair' is not one of the 2 known labels \('bad', 'good'\)"
    with pytest.raises(KbertError, match=message):
        continue_training(parent.path, tmp_path / "new", data=str(data), verbose=0)
    assert not (tmp_path / "new").exists()


@pytest.mark.any_backend  # refused before a model is made
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, "epochs.? must be a whole number, 1 or more"),
        (
            {"batch_size": 64},
            r"continue anyway: kbert.continue_training\(..., allow=\(.too-few-updates.,\)\)",
        ),
        ({"max_length": 99}, "`max_length` must be from 3 to 64, the most"),
        ({"data": "none.csv"}, "There is no file none.csv"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_refuses_before_anything_is_created(parent, changes, message, tmp_path):
    with pytest.raises(KbertError, match=message):
        continue_training(parent.path, tmp_path / "new", verbose=0, **changes)
    assert not (tmp_path / "new").exists()


@pytest.mark.any_backend  # the tests above run on each
@pytest.mark.usefixtures("one_backend")
def test_continue_in_a_new_process(parent, tmp_path):
    new = RunDirectory(tmp_path / "new")
    command = [sys.executable, "-m", "kbert", "continue", parent.path, "--output", new.path]
    flags = ["--epochs", "1", "--allow", "too-few-updates"]
    done = subprocess.run([*command, *flags], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"The run is in {new}. Next:" in done.stdout
    steps, rates = steps_of(new)
    assert steps == list(range(11))
    assert rates[0] == pytest.approx(1e-3 / 2)
    assert min(rates) > 0
    assert new.record["parent"]["run"] == str(parent.path)
    settings = TrainConfig.from_toml(new.path / "config.toml")
    assert (settings.epochs, settings.batch_size, settings.max_length) == (1, 8, 8)
    texts = read_examples(settings.data).texts[:3]
    assert len(BertClassifier.load(new.path).predict_texts(texts)) == 3


@pytest.mark.any_backend
def test_another_seed_keeps_the_dev_rows_of_the_parent(parent, folder):
    run = continue_training(parent.path, folder / "seed", epochs=1, seed=5, verbose=0)
    assert run.record["data"]["dev"]["sha256"] == parent.record["data"]["dev"]["sha256"]
    assert TrainConfig.from_toml(run.path / "config.toml").split_seed == 0
    again = continue_training(run.path, folder / "none", epochs=1, dev_proportion=0.0, verbose=0)
    assert TrainConfig.from_toml(again.path / "config.toml").split_seed is None
