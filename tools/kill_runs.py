"""Kill runs at random moments, resume them, and compare the results with an undisturbed run.

    python -m tools.kill_runs --kills 200

A tiny model is trained on film reviews, with a checkpoint every few steps. More than half of the
kills wait until a checkpoint is being written, the others occur at any time. Every attempt is a
process forked from one that has imported everything, and is ended by SIGKILL. Prints the kills, how
many of them hit a checkpoint being written, the greatest number of steps lost, and how many runs
end with identical bits.
"""

import argparse
import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_SLACK = 60  # seconds after which an attempt that does not end counts as broken


@dataclass
class Tally:
    """The results of the kills."""

    kills: int = 0
    while_saving: int = 0
    resumed: int = 0
    max_lost: int = 0
    compared: int = 0
    equal: int = 0
    strays: int = 0


def make_work(folder: Path, rows: int = 400, epochs: int = 3) -> list[str]:
    """Write a tiny preset and a small set of texts, and return the flags of a run on them."""
    from kbert.cli.demo_data import read_movie_reviews
    from kbert.interop.sources import find_source

    preset = folder / "tiny"
    preset.mkdir()
    sizes = {"num_hidden_layers": 2, "hidden_size": 32, "num_attention_heads": 2}
    more = {"intermediate_size": 64, "max_position_embeddings": 64, "hidden_act": "gelu"}
    config = {"model_type": "bert", "vocab_size": 30522, **sizes, **more}
    (preset / "config.json").write_text(json.dumps(config))
    shutil.copy(Path(str(find_source("minilm").path)) / "vocab.txt", preset)
    table = read_movie_reviews("rotten_tomatoes")
    table = table.slice((len(table) - rows) // 2, rows)  # sorted by class: half of each
    pairs = zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True)
    lines = [json.dumps({"text": text, "label": str(label)}) for text, label in pairs]
    (folder / "data.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    flags = "--weights random --baseline none --max-length 16 --batch-size 8 --learning-rate 1e-3"
    named = ["--preset", str(preset), "--dev-proportion", "0.2", "--epochs", str(epochs)]
    return [str(folder / "data.jsonl"), *named, *flags.split()]


def load(backend: str) -> None:
    """Import what a run needs, for the processes that are forked from this one.

    No tensor is made here: it would start threads of TensorFlow and JAX, which are not forked.
    """
    from kbert.backend.choose_backend import choose_backend

    choose_backend(backend)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras_hub  # noqa: F401
    import sklearn.metrics  # noqa: F401

    import kbert.cli.main
    import kbert.models.bert_classifier
    import kbert.runs.run_callbacks  # noqa: F401


def start(arguments: list[str], log: Path, before: Callable[[], object] = lambda: None) -> int:
    """Run the command line in a forked process, after `before`, and return its id."""
    number = os.fork()
    if number:
        return number
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    from kbert.cli.main import main

    status = 1
    try:
        before()
        main(arguments)
    except SystemExit as leaving:
        status = int(leaving.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def wait(number: int, until: float) -> int | None:
    """Return the exit status of a process that ends before a deadline, else None."""
    while time.monotonic() < until:
        ended, status = os.waitpid(number, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.0005)
    return None


def wait_for_saving(number: int, checkpoints: Path, times: int) -> int | None:
    """Wait until N checkpoints have begun to be written; return the exit status if it ends."""
    writing, until = False, time.monotonic() + _SLACK
    while time.monotonic() < until:
        ended, status = os.waitpid(number, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        now = is_saving(checkpoints)
        times -= now and not writing
        writing = now
        if times <= 0:
            return None
    return None


def is_saving(checkpoints: Path) -> bool:
    """Whether a checkpoint is half written."""
    with contextlib.suppress(OSError):
        for path in checkpoints.iterdir():
            if path.name.startswith("."):
                return True
            if path.is_dir() and not (path / "COMMITTED").exists():
                return True
    return False


def lost_steps(run: Path) -> int:
    """Return the steps that the run has performed since its last committed checkpoint."""
    from kbert.checkpoints.checkpoint_files import read_checkpoint
    from kbert.checkpoints.checkpoint_store import CheckpointStore

    log = run / "learning_rate.csv"
    steps = log.read_text().count("\n") - 1 if log.exists() else 0
    last = CheckpointStore(run / "checkpoints").last()
    return steps - (
        0 if last is None else read_checkpoint(last, with_arrays=False).position.batches_done
    )


def content(run: Path) -> dict[str, str]:
    """Return checksums of a run's results: last state, best model, scores, steps."""
    from kbert.checkpoints.checkpoint_store import CheckpointStore

    last = CheckpointStore(run / "checkpoints").last()
    assert last is not None
    files = [last / f"{name}.safetensors" for name in ("model", "optimizer", "counters")]
    files += [run / "model" / "model.safetensors", run / "evaluations.json"]
    files.append(run / "learning_rate.csv")
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def strays(run: Path) -> list[Path]:
    """Return the files that a save has left behind."""
    return [path for path in run.rglob(".*") if not path.name.startswith(".lock")]


def attempt(run: Path, flags: list[str], chance: random.Random | None, tally: Tally) -> bool:
    """Start or resume a run, kill it at random, and return whether it has finished."""
    from kbert.runs.beginning import has_record

    begun = has_record(run)
    arguments = ["resume", str(run)] if begun else ["train", *flags, "--output", str(run)]
    log = run.with_suffix(".log")
    number = start(arguments, log)
    if chance is None:
        status = wait(number, time.monotonic() + 10 * _SLACK)
    elif chance.random() < 0.65:
        status = wait_for_saving(number, run / "checkpoints", chance.randint(1, 4))
        if status is None:
            time.sleep(chance.random() * 0.03)
    else:
        status = wait(number, time.monotonic() + chance.random() * 4)
    if status is None:
        saving = is_saving(run / "checkpoints")
        os.kill(number, signal.SIGKILL)
        os.waitpid(number, 0)
        tally.kills += 1
        tally.while_saving += saving
        tally.max_lost = max(tally.max_lost, lost_steps(run))
        record = run / "run.json"  # which may already have the status finished
        return record.exists() and json.loads(record.read_text())["status"] == "finished"
    if status != 0:
        tail = log.read_text()[-3000:] if log.exists() else "It printed nothing."
        raise SystemExit(f"{arguments} ended with {status}:\n{tail}")
    return True


def kill_runs(kills: int, runs: int, rows: int, every: int, folder: Path, seed: int = 0) -> Tally:
    """Kill N times, spread over several runs, each of which is then left to finish."""
    chance, tally = random.Random(seed), Tally()
    flags = [*make_work(folder, rows), "--checkpoint-steps", str(every), "--allow", "dev-overlap"]
    undisturbed = folder / "undisturbed"
    assert attempt(undisturbed, flags, None, tally)
    expected = content(undisturbed)
    for number in range(runs):
        run = folder / f"run-{number}"
        goal, ended = kills * (number + 1) // runs, False
        while tally.kills < goal:
            before = tally.kills
            if ended:  # it has finished before it was killed often enough
                shutil.rmtree(run)
            ended = attempt(run, flags, chance, tally)
            tally.resumed += ended or tally.kills > before
        if not ended:
            ended = attempt(run, flags, None, tally)
        tally.compared += 1
        tally.equal += content(run) == expected
        tally.strays += len(strays(run))
        print(f"run {number + 1} of {runs}: {tally}", flush=True)
    return tally


def main() -> None:
    """Parse the arguments, kill, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--runs", type=int, default=10, help="over which the kills are spread")
    parser.add_argument("--rows", type=int, default=400, help="that each run is trained on")
    parser.add_argument("--every", type=int, default=5, help="steps between two checkpoints")
    parser.add_argument("--backend", default="torch")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    if options.backend == "torch":
        sys.modules |= {"tensorflow": None, "jax": None}  # keras-hub takes long to import them
    load(options.backend)
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        tally = kill_runs(
            options.kills, options.runs, options.rows, options.every, Path(folder), options.seed
        )
    print(f"kills                        {tally.kills}")
    print(f"  while writing a checkpoint {tally.while_saving}")
    print(f"steps lost at most           {tally.max_lost} (a checkpoint every {options.every})")
    print(f"runs compared, equal bits    {tally.compared}, {tally.equal}")
    print(f"files left behind            {tally.strays}")
    print(f"minutes                      {(time.monotonic() - started) / 60:.1f}")


if __name__ == "__main__":
    main()
