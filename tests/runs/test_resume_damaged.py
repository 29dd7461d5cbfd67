"""How `resume` handles runs with missing, damaged or changed parts."""

import hashlib
import json
import os
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from kills import Killed, killed_after
from safetensors.numpy import load_file, save_file

from kbert import (
    FindingsError,
    InputError,
    KbertError,
    MachineError,
    RunCheckpoint,
    TrainConfig,
    continue_training,
    resume,
    train,
)
from kbert.callbacks import evaluated_sets
from kbert.checkpoints import checkpoint_store
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.findings import Call
from kbert.runs.run_directory import RunDirectory

# What is restored or refused does not depend on the backend; exact bits are in
# test_resume_exactly.py.
pytestmark = [pytest.mark.keras, pytest.mark.any_backend]

STEPS = 11  # per epoch
PIECES = 4000  # including common words, so that texts differ


@pytest.fixture(scope="module")
def small_preset(tiny_preset, tmp_path_factory):
    """The tiny preset with only the first pieces of its vocabulary: its files are copied often."""
    folder = tmp_path_factory.mktemp("presets") / "small"
    shutil.copytree(tiny_preset, folder)
    pieces = (folder / "vocab.txt").read_text("utf-8").splitlines(keepends=True)[:PIECES]
    (folder / "vocab.txt").write_text("".join(pieces), encoding="utf-8")
    settings = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps({**settings, "vocab_size": PIECES}))
    return folder


@pytest.fixture(scope="module")
def config(reviews, small_preset, tmp_path_factory):
    return TrainConfig(
        data=str(reviews),
        output=str(tmp_path_factory.mktemp("runs") / "a"),
        preset=str(small_preset),
        weights="random",
        max_length=8,
        epochs=3,
        batch_size=8,
        learning_rate=1e-3,
        dev_proportion=0.2,
    )


def trained(config, accuracies):
    """Return a finished run whose evaluations have these accuracies."""
    scores = iter(accuracies)
    evaluate = evaluated_sets.evaluate_rows

    def evaluate_rows(*arguments):
        found, outputs = evaluate(*arguments)
        return replace(found, accuracy=next(scores)), outputs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluated_sets, "evaluate_rows", evaluate_rows)
        return train(config, verbose=0)


@pytest.fixture(scope="module")
def best_last(config):
    """A run whose first epoch was the best until the last."""
    return trained(config, (0.9, 0.5, 0.95))


@pytest.fixture(scope="module")
def best_first(config):
    return trained(replace(config, output=f"{config.output}-first"), (0.9, 0.5, 0.4))


def copied(run, folder):
    return RunDirectory(shutil.copytree(run.path, folder / "run"))


@pytest.fixture
def run(best_last, tmp_path):
    return copied(best_last, tmp_path)


@pytest.fixture
def first(best_first, tmp_path):
    return copied(best_first, tmp_path)


def contents(run):
    return {
        path.relative_to(run.path): path.read_bytes()
        for path in sorted(run.path.rglob("*"))
        if path.is_file() and not path.name.startswith(".lock")
    }


def checkpoints(run):
    return CheckpointStore(run.checkpoints).committed()


def weights(folder):
    return load_file(folder / "model.safetensors")


def assert_same_weights(folder, other):
    one, two = weights(folder), weights(other)
    assert list(one) == list(two)
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name], err_msg=name)


def resume_to_the_first_batch(run, **settings):
    """Resume a run, and kill it in the first step."""

    def end(self, batch, logs=None):
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunCheckpoint, "on_train_batch_begin", end)
        with pytest.raises(Killed):
            resume(run.path, **settings)


def refused(run, match, error=KbertError, **settings):
    """Check that resuming a run is refused and leaves it as it was."""
    before = contents(run)
    with pytest.raises(error, match=match) as caught:
        resume(run.path, **{"verbose": 0, **settings})
    assert contents(run) == before
    return caught.value


def steps_of(run):
    lines = (run.path / "learning_rate.csv").read_text("utf-8").splitlines()
    return [int(line.split(",")[0]) for line in lines[1:]]


def evaluations_of(run):
    return json.loads((run.path / "evaluations.json").read_text("utf-8"))


def flip(file):
    content = bytearray(file.read_bytes())
    content[-5] ^= 1
    file.write_bytes(content)


def test_without_last_a_run_resumes_from_its_newest_checkpoint(run, capsys):
    (run.checkpoints / "last").unlink()
    resume_to_the_first_batch(run, epochs=4)
    name = "000003-epoch-3-batch-0"
    said = f"{run.checkpoints / 'last'} is missing; the newest complete checkpoint is {name}.\n"
    assert said in capsys.readouterr().out
    assert steps_of(run) == list(range(3 * STEPS))
    assert CheckpointStore(run.checkpoints).last() == checkpoints(run)[-1]


def test_a_model_without_checkpoints_is_not_replaced(run):
    shutil.rmtree(run.checkpoints)
    error = refused(run, "has no checkpoint to resume from, and is not started from scratch: it c")
    further = error.cure.otherwise[0].values["call"]
    assert further == Call("continue", run.path, output="NEW")
    shutil.rmtree(run.model_folder)
    refused(run, "run has finished, but its model and its checkpoints are gone")
    run.update(status="stopped")
    resume_to_the_first_batch(run)
    assert steps_of(run) == []
    assert not (run.path / "evaluations.json").exists()


def test_a_last_without_its_checkpoint_does_not_start_over(run):
    shutil.rmtree(run.model_folder)
    for path in checkpoints(run):
        (path / "COMMITTED").unlink()
    refused(run, "last refers to a checkpoint, but none is complete")


def test_going_back_also_restores_the_record_and_the_model(run):
    one, two, three = checkpoints(run)
    assert_same_weights(run.model_folder, three)
    resume_to_the_first_batch(run, checkpoint=two.name, verbose=0)
    assert evaluations_of(run)["best_epoch"] == run.record["best_epoch"] == 1
    assert [epoch["epoch"] for epoch in evaluations_of(run)["epochs"]] == [1, 2]
    assert "eval_accuracy = 0.9\n" in (run.path / "eval_results.txt").read_text("utf-8")
    assert_same_weights(run.model_folder, one)
    assert steps_of(run) == list(range(2 * STEPS))
    store = CheckpointStore(run.checkpoints)
    assert (store.last(), store.best()) == (two, one)
    resume_to_the_first_batch(run, checkpoint=three.name, epochs=4, verbose=0)
    assert evaluations_of(run)["best_epoch"] == run.record["best_epoch"] == 3
    assert_same_weights(run.model_folder, three)


@pytest.mark.parametrize("change", ["data", "order"])
def test_a_refusal_changes_nothing(run, change, tmp_path):
    settings = TrainConfig.from_toml(run.path / "config.toml")
    if change == "data":
        changed = tmp_path / "data.csv"
        text = (tmp_path / settings.data).read_text("utf-8")
        changed.write_text(text.replace("A moving story", "A boring story"), encoding="utf-8")
        settings = replace(settings, data=str(changed))
    else:  # known only once the model has been built
        settings = replace(settings, seed=5)
    run.write_config(settings.to_toml())
    allow = ["data-differs"] if change == "order" else []  # the split depends on the seed too
    two = checkpoints(run)[1]
    refused(run, f"{change}|differ", FindingsError, checkpoint=two.name, allow=allow, epochs=4)


def test_a_killed_rewind_is_repaired_by_the_next_resumption(run, tmp_path):
    two = checkpoints(run)[1].name
    forward = copied(run, tmp_path / "forward")
    resume_to_the_first_batch(forward, epochs=4, verbose=0)
    back = copied(run, tmp_path / "back")
    with killed_after(None, back.path) as all_changes:
        resume_to_the_first_batch(back, checkpoint=two, epochs=4, verbose=0)
    expected = {"000003-epoch-3-batch-0": forward, "000002-epoch-2-batch-0": back}
    seen = set()
    for changes in range(0, all_changes.count, 3):
        ended = copied(run, tmp_path / str(changes))
        with killed_after(changes, ended.path):
            resume_to_the_first_batch(ended, checkpoint=two, epochs=4, verbose=0)
        name = CheckpointStore(ended.checkpoints).last().name
        resume_to_the_first_batch(ended, epochs=4, verbose=0)
        assert_same_record(ended, expected[name])
        seen.add(name)
    assert seen == set(expected)


def assert_same_record(run, other):
    left, right = contents(run), contents(other)
    for files in (left, right):
        del files[next(path for path in files if path.name == "run.json")]
        files.pop(next((p for p in files if p.name == "config.json"), None), None)  # names a layer
    assert left == right
    for name in ("status", "best_epoch", "plan"):
        assert run.record[name] == other.record[name]


@pytest.mark.parametrize("harm", ["flip", "remove"])
def test_a_lost_best_checkpoint_leaves_an_intact_model(first, harm, capsys):
    one = checkpoints(first)[0]
    before = {file.name: file.read_bytes() for file in first.model_folder.iterdir()}
    if harm == "flip":
        flip(one / "model.safetensors")
    else:
        shutil.rmtree(one)
    resume_to_the_first_batch(first, epochs=4)
    out = capsys.readouterr().out
    assert re.search(
        rf"{one.name}\S* is (missing|damaged).*The run's model has the same weights, and is kept",
        out,
    )
    assert {file.name: file.read_bytes() for file in first.model_folder.iterdir()} == before
    resume_to_the_first_batch(first, epochs=4)  # and again
    assert evaluations_of(first)["best_epoch"] == 1


@pytest.mark.parametrize("harm", ["missing", "weights", "header", "config.json", "vocab.txt"])
def test_a_lost_model_is_written_again_from_its_checkpoint(first, harm, capsys):
    before = {file.name: file.read_bytes() for file in first.model_folder.iterdir()}
    if harm == "missing":
        shutil.rmtree(first.model_folder)
    elif harm == "weights":
        flip(first.model_folder / "model.safetensors")
    elif harm == "header":
        (first.model_folder / "model.safetensors").write_bytes(b"\0" * 20)
    else:
        (first.model_folder / harm).write_text("")
    resume(first.path)
    assert "has finished. Missing or damaged, and written again: model\n" in capsys.readouterr().out
    after = {file.name: file.read_bytes() for file in first.model_folder.iterdir()}
    assert after["model.safetensors"] == before["model.safetensors"]
    assert after["vocab.txt"] == before["vocab.txt"]
    assert (first.record["status"], first.record["best_epoch"]) == ("finished", 1)
    refused(first, "has completed its 3 epochs")


def test_the_next_best_must_be_allowed_if_model_and_best_are_lost(first, capsys):
    one, two, _ = checkpoints(first)
    flip(one / "model.safetensors")
    flip(first.model_folder / "model.safetensors")
    refused(first, "weights of the best evaluation .epoch 1. are lost", FindingsError, epochs=4)
    resume_to_the_first_batch(first, epochs=4, allow=["best-lost"])
    assert [epoch["epoch"] for epoch in evaluations_of(first)["epochs"]] == [2, 3]
    assert evaluations_of(first)["best_epoch"] == first.record["best_epoch"] == 2
    assert_same_weights(first.model_folder, two)
    assert "best-lost" not in TrainConfig.from_toml(first.path / "config.toml").allow


def test_a_gap_in_the_log_is_reported_and_shifts_nothing(run, capsys):
    file = run.path / "learning_rate.csv"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[:4] + lines[6:]), encoding="utf-8")
    resume_to_the_first_batch(run, epochs=4)
    assert "learning_rate.csv lacks the rows of steps 3 to 4: they were" in capsys.readouterr().out
    assert steps_of(run) == [0, 1, 2, *range(5, 3 * STEPS)]
    assert run.record["resumed"][-1]["log_lacks"] == [[3, 4]]


def test_the_log_is_on_disk_before_a_checkpoint_is_committed(config, tmp_path, monkeypatch):
    order = []
    commit, sync = checkpoint_store.commit_folder, "kbert.runs.learning_rate_log.sync_file"
    monkeypatch.setattr(sync, lambda file: order.append((file.name, len(file.read_text()))))
    monkeypatch.setattr(
        checkpoint_store, "commit_folder", lambda *a: (order.append("commit"), commit(*a))
    )
    run = train(replace(config, output=str(tmp_path / "run"), epochs=1), verbose=0)
    assert order == [
        ("learning_rate.csv", (run.path / "learning_rate.csv").stat().st_size),
        "commit",
    ]


def test_a_parent_changed_before_the_first_checkpoint_is_refused(run, tmp_path):
    again = RunDirectory(tmp_path / "again")

    def end(self, batch, logs=None):
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunCheckpoint, "on_train_batch_begin", end)
        with pytest.raises(Killed):
            continue_training(run.path, again.path, epochs=2, verbose=0)
    resume_to_the_first_batch(again, verbose=0)
    file = run.model_folder / "model.safetensors"
    arrays = load_file(file)
    name = next(name for name in arrays if "token_embedding" in name)
    save_file({**arrays, name: arrays[name] + np.float32(1e-6)}, file)
    match = f"The weights of {run} are no longer those that the run was started from"
    error = refused(again, match, FindingsError)
    assert [finding.code for finding in error.findings] == ["parent-differs"]
    resume_to_the_first_batch(again, allow=["parent-differs"], verbose=0)
    assert "parent-differs" not in TrainConfig.from_toml(again.path / "config.toml").allow


def test_changed_settings_of_the_preset_are_refused(config, run, tmp_path):
    folder = shutil.copytree(run.model_folder, tmp_path / "preset")
    pretrained = replace(
        config, preset=str(folder), weights="pretrained", output=str(tmp_path / "b"), epochs=1
    )
    again = train(pretrained, verbose=0)
    settings = json.loads((folder / "config.json").read_text("utf-8"))
    settings["gelu"] = "tanh" if settings["gelu"] == "erf" else "erf"
    (folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    refused(again, "The settings of .*preset are no longer those", FindingsError, epochs=2)


def test_changed_threads_and_versions_are_reported(run, capsys):
    machine = run.record["machine"]
    assert machine["threads"] > 0
    versions = {**run.record["versions"], "numpy": "1.0"}
    run.update(machine={**machine, "threads": 64}, versions=versions)
    resume_to_the_first_batch(run, epochs=4)
    out = " ".join(capsys.readouterr().out.split())
    assert f"The run was started with 64 threads and resumes with {machine['threads']}:" in out
    assert "threads-differ" in out
    assert f"numpy (1.0, now {np.__version__})" in out
    resumed = run.record["resumed"][-1]
    assert [found["code"] for found in resumed["findings"]] == ["threads-differ", "machine-differs"]
    assert resumed["machine"]["threads"] == machine["threads"]


RECORDS = {
    "list": "[]",
    "string": '"run"',
    "number": "3",
    "null": "null",
    "empty": "",
    "half": '{"status": "fin',
    "deep": "[" * 100_000 + "]" * 100_000,
    "deep object": '{"a": ' * 100 + "1" + "}" * 100,
    "a plan that is a list": '{"plan": []}',
    "data that are a string": '{"data": "a.csv"}',
    "data of strings": '{"data": {"train": "a.csv"}}',
    "findings of strings": '{"findings": ["a"]}',
    "resumed is an object": '{"resumed": {}}',
    "endless seconds": '{"training_seconds": Infinity}',
    "seconds are a string": '{"training_seconds": "1"}',
    "nothing": "{}",
    "no checksum": '{"data": {"train": {}}}',
    "started in a number": '{"started_in": 3}',
    "not UTF-8": b"\xff\xfe",
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_a_record_that_kbert_did_not_write_is_refused(run, record):
    file = run.path / "run.json"
    file.write_bytes(record if isinstance(record, bytes) else record.encode())
    error = refused(run, "run.json (is damaged|cannot be read): ", InputError, epochs=4)
    assert f"{run.model_folder}" in str(error.cure)


STATES = {
    "no plan": lambda state: state["facts"].pop("plan"),
    "a plan that is a list": lambda state: state["facts"].update(plan=[1]),
    "a plan of strings": lambda state: state["facts"]["plan"].update(examples="85"),
    "a plan without rows": lambda state: state["facts"]["plan"].pop("examples"),
    "facts that are a list": lambda state: state.update(facts=[1]),
    "no position": lambda state: state.pop("position"),
    "a position that is a string": lambda state: state.update(position="epoch 1"),
    "evaluations that are a number": lambda state: state.update(evaluations=5),
    "steps that are a string": lambda state: state.update(steps="0"),
    "steps backwards": lambda state: state.update(steps=[[4, 4], [0, 0]]),
    "a best that is a list": lambda state: state.update(best=["a"]),
}


@pytest.mark.parametrize("change", STATES.values(), ids=STATES)
def test_a_state_that_kbert_did_not_write_is_refused(run, change):
    """Its checksums are valid: whoever writes a checkpoint writes these too."""
    last = checkpoints(run)[-1]
    state = json.loads((last / "state.json").read_text("utf-8"))
    change(state)
    (last / "state.json").write_text(json.dumps(state), encoding="utf-8")
    content = (last / "state.json").read_bytes()
    manifest = json.loads((last / "manifest.json").read_text("utf-8"))
    digest = hashlib.sha256(content).hexdigest()
    manifest["files"]["state.json"] = {"bytes": len(content), "sha256": digest}
    (last / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    digest = hashlib.sha256((last / "manifest.json").read_bytes()).hexdigest()
    (last / "COMMITTED").write_text(digest, encoding="utf-8")
    refused(run, "state.json|evaluations of a run", InputError, epochs=4)


@pytest.mark.parametrize("where", ["kbert.runs.resume.prepare", "kbert.callbacks.run_checkpoint."])
def test_out_of_memory_is_reported_in_one_sentence(run, where, monkeypatch):
    def fail(*arguments, **settings):
        raise MemoryError

    monkeypatch.setattr(where + "read_checkpoint" if where.endswith(".") else where, fail)
    error = refused(run, "Out of memory: .* cannot be resumed", MachineError, epochs=4)
    assert str(error).endswith(
        f"{run} contains the best model so far; {Call('resume', run.path)} resumes from the last "
        "checkpoint."
    )


def test_a_model_that_cannot_be_loaded_is_not_promised(run, monkeypatch):
    def fail(*arguments, **settings):
        raise MemoryError

    monkeypatch.setattr("kbert.runs.resume.prepare", fail)
    flip(run.model_folder / "model.safetensors")
    said = f"cannot be resumed. {run} contains a model; "
    assert said in str(refused(run, "Out of memory", epochs=4))
    (run.model_folder / "model.safetensors").write_bytes(b"")
    assert f"cannot be resumed. {Call('resume', run.path)} resumes" in str(
        refused(run, "Out of memory", epochs=4)
    )


def test_a_model_removed_during_training_is_there_at_the_end(first, monkeypatch):
    begin = RunCheckpoint.on_train_batch_begin

    def remove(self, batch, logs=None):
        shutil.rmtree(first.model_folder, ignore_errors=True)
        begin(self, batch, logs)

    monkeypatch.setattr(RunCheckpoint, "on_train_batch_begin", remove)
    one = checkpoints(first)[0]
    # The rate is too small to change a score, so the first epoch stays the best.
    resume(first.path, epochs=4, learning_rate=2e-10, verbose=0)
    assert first.record["best_epoch"] == 1
    assert_same_weights(first.model_folder, one)


@pytest.mark.parametrize(
    "name", ["learning_rate.csv", "evaluations.json", "eval_results.txt", "checkpoints/last"]
)
def test_a_folder_in_place_of_a_file_is_refused_before_anything_changes(run, name):
    (run.path / name).unlink()
    (run.path / name).mkdir()
    before = run.record
    with pytest.raises(InputError, match=rf"{name} is a folder.*a file was expected. Cure: remove"):
        resume(run.path, epochs=4, verbose=0)
    assert run.record == before
    (run.path / name).rmdir()
    resume(run.path, epochs=4, verbose=0)


def test_a_log_that_is_a_dangling_link_is_refused(run, tmp_path):
    (run.path / "learning_rate.csv").unlink()
    (run.path / "learning_rate.csv").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"learning_rate.csv is a folder, a pipe or a link to no"):
        resume(run.path, epochs=4, verbose=0)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    "name", ["checkpoints/best", "checkpoints/last", "model/config.json", "model/vocab.txt"]
)
def test_a_pipe_in_place_of_a_file_does_not_block(run, name):
    (run.path / name).unlink()
    os.mkfifo(run.path / name)
    resume(run.path, epochs=4, verbose=0)
    assert (run.path / name).is_file()


@pytest.mark.parametrize("name", ["config.toml", "run.json"])
def test_a_run_without_a_file_is_still_called_a_run(run, name):
    (run.path / name).unlink()
    with pytest.raises(InputError, match=rf"is a run without its {name}. Cure: restore it"):
        resume(run.path, epochs=4, verbose=0)
