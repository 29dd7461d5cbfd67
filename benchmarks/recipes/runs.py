"""One run of one side, in a process of its own."""

import functools
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.recipes.data_sets import DataSet, Files, read_part, write
from benchmarks.recipes.results import SCORES, Result
from benchmarks.recipes.settings import BATCH_SIZE, EPOCHS, MAX_LENGTH, PRECISION, Setting
from benchmarks.sides import minilm_folder
from kbert import __version__
from kbert.config.recipes import RECIPES
from kbert.results.evaluation_history import EvaluationHistory

_RATE, _RATE_FROM_SCRATCH = 5e-5, 5e-4
_PEERS_FILE = Path(__file__).with_name("peers.py")
_PACKAGES = {
    "kbert": ("keras", "torch"),
    "trainer": ("transformers", "accelerate", "torch"),
    "setfit": ("setfit", "sentence-transformers", "transformers", "torch"),
}
_VERSION = "import sys, importlib.metadata as m; print(*map(m.version, sys.argv[1:]))"


@dataclass(frozen=True)
class Run:
    """One run: a setting, a data set, a seed."""

    data_set: DataSet
    setting: Setting
    seed: int
    rows_per_class: int | None = None

    @property
    def key(self) -> str:
        """The key of the run among the results."""
        return key(self.data_set.name, self.rows_per_class, self.setting, self.seed)

    def __str__(self) -> str:
        rows = f", {self.rows_per_class} rows a class" if self.rows_per_class else ""
        return f"{self.data_set.name}{rows}, {self.setting.name}, seed {self.seed}"


def key(data_set: str, rows_per_class: int | None, setting: Any, seed: int) -> str:
    """Return the key of a run, or of a result, among the results."""
    flags = json.dumps(dict(setting.flags), sort_keys=True)
    return json.dumps([data_set, rows_per_class, setting.tool, flags, seed])


@dataclass
class Place:
    """Where a run is made, and what it has cost so far.

    Args:
        folder: Path. The folder of its files.
        peers: Path. The Python of the environment of the other tools.
        threads: int. The number of threads of each of its processes.
    """

    folder: Path
    peers: Path
    threads: int
    cpu_seconds: float = field(default=0.0, init=False)

    def printed(self, command: Sequence[str]) -> str:
        """Return what a command prints, and add up its CPU time; raise `Failed` if it fails."""
        variables = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(self.threads))
        out, err = self.folder / "stdout", self.folder / "stderr"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                command, stdout=stdout, stderr=stderr, env={**os.environ, **variables}
            )
            # Not `RUSAGE_CHILDREN`: several runs may be made at once.
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_seconds += used.ru_utime + used.ru_stime
        if process.returncode:
            told = err.read_text(encoding="utf-8", errors="replace")[-3000:]
            raise Failed(f"{shlex.join(command)} failed:\n{told}")
        return out.read_text(encoding="utf-8")


class Failed(Exception):
    """A process of a run has failed."""


def measure(run: Run, data: Path, peers: Path, threads: int) -> Result:
    """Train and predict, and return the scores.

    Args:
        run: Run.
        data: Path. Where the data sets are.
        peers: Path. The Python of the environment of the other tools.
        threads: int. The number of threads of a process.

    Raises:
        Failed: a process has failed.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        files = write(run.data_set, data, folder, run.rows_per_class)
        model = minilm_folder() if run.data_set.is_pretrained else _new_model(files, folder)
        side = _kbert if run.setting.tool == "kbert" else _peer
        place, digest = Place(folder, peers, threads), files.digest
        start = time.perf_counter()
        epochs = side(run, files, model, place)
        seconds = time.perf_counter() - start
    return Result(
        data_set=run.data_set.name,
        rows_per_class=run.rows_per_class,
        data=digest,
        tool=run.setting.tool,
        flags=dict(run.setting.flags),
        seed=run.seed,
        epochs=epochs,
        seconds=round(seconds, 1),
        cpu_seconds=round(place.cpu_seconds, 1),
        threads=threads,
        machine=_machine(),
        versions=_versions(run.setting.tool, peers),
        date=time.strftime("%Y-%m-%d"),
    )


_Epochs = list[dict[str, dict[str, float]]]


def _kbert(run: Run, files: Files, model: str, place: Place) -> _Epochs:
    """Train with `kbert train`, and return the scores of each evaluation."""
    output, few = place.folder / "run", run.rows_per_class is not None
    parts = {"dev": files.dev, "test": files.test}
    recipe = dict(RECIPES.get(str(run.setting.flags.get("recipe")), {}))
    if not run.data_set.is_pretrained:
        recipe.pop("learning_rate", None)  # a recipe's rate is for pretrained weights
    plan = {"epochs": EPOCHS, "batch_size": BATCH_SIZE, "learning_rate": _rate(run)}
    plan |= few_row_plan(files.rows[0]) if few else {}
    settings = {
        **{name: value for name, value in plan.items() if name not in recipe},
        **{"max_length": MAX_LENGTH, "text": "text", "label": "label"},
        **{"backend": "torch", "seed": run.seed, "baseline": "none", "preset": model},
        **({} if few else {"monitor": run.data_set.score}),
        **{"precision": PRECISION},
        # With few rows, there are none to select an epoch by: the last is kept.
        **({"dev_proportion": 0} if few else parts),
        **({"pair": "pair"} if files.has_pairs else {}),
        **({} if run.data_set.is_pretrained else {"weights": "random"}),
    }
    flags = Setting("", {**settings, **run.setting.flags, "output": output}).command
    kbert = [sys.executable, "-m", "kbert"]
    place.printed([*kbert, "train", str(files.train), *flags])
    if few:
        told = {
            part: json.loads(place.printed([*kbert, "evaluate", str(output), str(path), "--json"]))
            for part, path in parts.items()
        }
        return [{part: {name: one[name] for name in SCORES} for part, one in told.items()}]
    record = json.loads((output / "evaluations.json").read_text(encoding="utf-8"))
    history = EvaluationHistory.from_dict(record)
    return [
        {part: {name: getattr(scores, name) for name in SCORES} for part, scores in one.items()}
        for one in (record.scores for record in history.records)
    ]


def _peer(run: Run, files: Files, model: str, place: Place) -> _Epochs:
    """Train with another tool, and return the scores of each evaluation."""
    settings = {
        **{"epochs": EPOCHS, "batch_size": BATCH_SIZE, "max_length": MAX_LENGTH},
        **{"learning_rate": _rate(run), "seed": run.seed, "model": model},
        **{"precision": PRECISION, "pretrained": run.data_set.is_pretrained},
        **run.setting.flags,
    }
    tool, folder = run.setting.tool, str(place.folder)
    command = [str(place.peers), str(_PEERS_FILE), tool, folder, json.dumps(settings)]
    predicted = json.loads(place.printed(command).splitlines()[-1])
    return [{part: _scores(rows) for part, rows in told.items()} for told in predicted]


def few_row_plan(rows: int) -> dict[str, int]:
    """Return batch size and epochs for few rows: at least 100 updates, as kbert refuses fewer."""
    batch = 4 if rows < 32 else 8
    return {"batch_size": batch, "epochs": max(EPOCHS, -(-100 // -(-rows // batch)))}


def _rate(run: Run) -> float:
    return _RATE if run.data_set.is_pretrained else _RATE_FROM_SCRATCH


def _scores(rows: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Return the scores of rows, each a true and a predicted label."""
    from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

    labels, predicted = zip(*rows, strict=True)
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        "macro_f1": float(f1_score(labels, predicted, average="macro", zero_division=0)),
        "mcc": float(matthews_corrcoef(labels, predicted)),
    }


def _new_model(files: Files, folder: Path) -> str:
    """Write a small BERT without weights, with words of the training rows; return its folder."""
    from kbert.cli.chinese_demo import SIZES, train_wordpiece

    pieces = train_wordpiece([row.text for row in read_part(files.train)])
    model = folder / "new-bert"
    model.mkdir()
    (model / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    sizes = {**SIZES, "vocab_size": len(pieces), "type_vocab_size": 2}
    (model / "config.json").write_text(json.dumps(sizes), encoding="utf-8")
    return str(model)


_machine = functools.cache(machine)


@functools.cache
def _versions(tool: str, peers: Path) -> dict[str, str]:
    python = sys.executable if tool == "kbert" else str(peers)
    names = _PACKAGES[tool]
    told = subprocess.check_output([python, "-c", _VERSION, *names], text=True).split()
    own = {"kbert": __version__} if tool == "kbert" else {}
    return own | dict(zip(names, told, strict=True))
