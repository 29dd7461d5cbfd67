"""How real processes of `kbert pretrain` cope with faults of the machine and interruptions."""

import json
import re
import shutil
import signal

import numpy as np
import pytest

import kbert
from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.errors import KbertError
from kbert.findings import Call
from tests.faults.test_faults import Process, flipped, has_trained, last_of, resumes, wait_for

pytestmark = pytest.mark.faults

SETTINGS = [
    *("--weights", "random", "--max-length", "8", "--batch-size", "4", "--packing", "off"),
    *("--checkpoint-steps", "5", "--allow", "too-few-updates"),
]


@pytest.fixture(scope="module")
def texts(sentences, tmp_path_factory):
    """A file of one text per line, most of them longer than a window."""
    path = tmp_path_factory.mktemp("texts") / "texts.txt"
    path.write_text("\n".join(sentences[0]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def pretrain(texts, tiny_preset, tmp_path):
    """A function that starts a run of this many epochs in a process of its own."""

    def start(epochs=500, *, output=tmp_path / "run", data=texts, **how):
        flags = ["--preset", tiny_preset, *SETTINGS, "--epochs", epochs]
        return Process("pretrain", data, *flags, "--output", output, **how)

    return start


def test_a_killed_run_ends_with_the_same_bits(pretrain, tmp_path, tell):
    whole, run = tmp_path / "whole", tmp_path / "run"
    status, _, err = pretrain(2, output=whole).end()
    assert status == 0, err
    process = pretrain(2)
    wait_for(has_trained(run, 33), process)
    process.popen.kill()
    process.end()
    done = last_of(run).position
    assert done.batches_done % last_of(whole).position.batches_done, "inside an epoch, not the end"
    status, _, err = Process("resume", run).end()
    assert status == 0, err
    ours, theirs = last_of(run), last_of(whole)
    for file, arrays in theirs.arrays.items():
        for name, array in arrays.items():
            np.testing.assert_array_equal(ours.arrays[file][name], array, err_msg=name)
    for name in ("learning_rate.csv", "evaluations.json", "model/model.safetensors"):
        assert (run / name).read_bytes() == (whole / name).read_bytes()
    tell("pretrain, SIGKILL", -9, "", f"batch {done.batches_done}; resumed, the bits are equal")


@pytest.mark.usefixtures("heard_signals")
def test_ctrl_c_saves_the_step_that_was_reached(pretrain, tmp_path, tell):
    run = tmp_path / "run"
    process = pretrain()
    wait_for(has_trained(run, 12), process)
    process.popen.send_signal(signal.SIGINT)
    status, _, err = process.end()
    assert status == 130
    assert re.search(r"kbert: stopped; .*resume \S+ resumes from the last checkpoint\.\n$", err)
    steps = (run / "learning_rate.csv").read_text().count("\n") - 1
    assert last_of(run).position.batches_done == steps
    assert json.loads((run / "run.json").read_text())["status"] == "stopped"
    tell("pretrain, Ctrl-C", status, err.splitlines()[-1], f"every step: {resumes(run)}")


def test_a_full_disk_ends_the_run_with_a_message(pretrain, tmp_path, tell):
    run = tmp_path / "run"
    before = """
import resource, signal, threading, time, pathlib
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def limit():
    while not (pathlib.Path(OUTPUT) / "checkpoints" / "last").exists():
        time.sleep(0.001)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
threading.Thread(target=limit, daemon=True).start()
""".replace("OUTPUT", repr(str(run)))
    status, _, err = pretrain(before=before).end()
    assert status == 1
    assert re.match(r"kbert: The checkpoint epoch-\S+ cannot be written to .*: .*", err)
    assert err.count("\n") == 1
    tell("pretrain, disk full (RLIMIT_FSIZE)", status, err, resumes(run))


def test_other_texts_and_a_damaged_checkpoint_are_refused(pretrain, texts, tmp_path, tell):
    data, run = tmp_path / "own.txt", tmp_path / "run"
    shutil.copy(texts, data)
    process, store = pretrain(data=data), CheckpointStore(run / "checkpoints")
    wait_for(lambda: len(store.committed()) > 1, process)
    process.popen.kill()
    process.end()
    store.clean()
    before = data.read_text(encoding="utf-8")
    data.write_text(before + "One more text.\n", encoding="utf-8")
    status, _, err = Process("resume", run).end()
    assert status == 2
    assert f"own.txt has changed since {run} was started" in err
    tell("pretrain, the texts have changed", status, err, "the run")
    data.write_text(before, encoding="utf-8")
    last = store.last()  # which may not be the newest, if it was killed between the two
    earlier = [path for path in store.committed() if path != last][-1]
    for file in sorted(path.name for path in last.iterdir()):
        content = (last / file).read_bytes()
        for damaged in (flipped(content), b""):
            (last / file).write_bytes(damaged)
            if damaged == content:
                continue
            with pytest.raises(KbertError, match=re.escape(str(last)) + f".*{file}") as refused:
                kbert.resume(run, verbose=0)
            assert refused.value.cure.values["call"] == Call("resume", run, checkpoint=earlier.name)
        (last / file).write_bytes(content)
    assert read_checkpoint(earlier).position.batches_done > 0
    tell("pretrain, a damaged checkpoint", 2, str(refused.value), resumes(run))
