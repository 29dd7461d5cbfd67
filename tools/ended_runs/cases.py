"""The commands that are killed, and what each of them starts from."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.ended_runs.attempts import KILLED, Attempt, attempt
from tools.kill_runs import make_work

_PIECES = 4000  # of the vocabulary, so that a checkpoint is small
_PLAN = "--batch-size 8 --epochs 2 --checkpoint-steps 3"
_ALLOWED = "--allow dev-overlap --allow too-few-updates"
_TINY = f"--preset tiny --weights random --max-length 16 {_ALLOWED}"
_DATA = "data.jsonl --on-bad-row skip --dev-proportion 0.2"
_TRAIN = f"train {_DATA} --learning-rate 3e-3 {_TINY} {_PLAN}"  # the second epoch is the best
_TASK = f"train task --task cola --learning-rate 1e-3 {_TINY} {_PLAN} --keep-checkpoints 1"
_THIRD = re.compile(r"os.rename .*-batch-3$")
PROGRAMS = ("saved_model", "onnx", "openvino", "litert", "torch")


@dataclass(frozen=True)
class Case:
    """A command whose ends are tried.

    Args:
        verb: str.
        name: str. The verb and its form.
        start: str. The folder that it starts from, one of `STARTS`.
        command: str. Run in a copy of that folder.
        target: str. What it writes: a run, a folder or a file.
        again: str. What finishes an ended run that has a record. Defaults to `resume` of it.
    """

    verb: str
    name: str
    start: str
    command: str
    target: str
    again: str = ""

    @property
    def is_run(self) -> bool:
        """Whether the target is a run."""
        return self.verb in ("train", "resume", "continue")

    @property
    def finishing(self) -> list[str]:
        """The command that a user runs on finding an ended run."""
        return (self.again or f"resume {self.target}").split()


def _case(verb: str, form: str, start: str, command: str, target: str, again: str = "") -> Case:
    return Case(verb, f"{verb} {form}".strip(), start, command, target, again)


def _export(form: str) -> Case:
    target = f"exports/model{'.keras' if form == 'keras' else ''}"
    command = f"export runs/first --format {form} --output {target}"
    return _case("export", form, "finished", command, target)


_REWOUND = "resume runs/first --checkpoint 000003-epoch-1-batch-3"
_LABELLED = "predict runs/first data.jsonl --output out/a.csv"
_CHANGED = "resume runs/ended --epochs 3"
_NEW = f"continue runs/first --output runs/second --epochs 1 {_ALLOWED}"
CASES = (
    _case("train", "", "data", f"{_TRAIN} --keep-checkpoints 1 --output runs/first", "runs/first"),
    _case("resume", "", "ended", "resume runs/ended", "runs/ended"),
    _case("resume", "--checkpoint", "finished", _REWOUND, "runs/first", _REWOUND),
    _case("resume", "--epochs", "ended", _CHANGED, "runs/ended", _CHANGED),
    _case("continue", "", "finished", _NEW, "runs/second"),
    _case("import", "a run", "finished", "import runs/first --output models/a", "models/a"),
    _case("import", "an encoder", "encoder", "import encoder --output models/a", "models/a"),
    *map(_export, ("huggingface", "google", "keras", "keras-hub", *PROGRAMS)),
    _case("predict", "", "finished", _LABELLED, "out/a.csv"),
)
VERBS = tuple(dict.fromkeys(case.verb for case in CASES))


def make_start(name: str, folder: Path) -> None:
    """Write what some cases start from, unless it exists."""
    if folder.exists():
        return
    new = folder.with_name(f"{folder.name}-new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    STARTS[name](new)
    shutil.rmtree(new / "cache", ignore_errors=True)  # each case tokenizes
    new.rename(folder)


def _make_data(folder: Path) -> None:
    """Write a preset, a labelled file with a row that cannot be used, and the files of a task."""
    make_work(folder, rows=40)
    preset = folder / "tiny"
    config = json.loads((preset / "config.json").read_text())
    # Google's code and keras-hub have no other GELU.
    config |= {"vocab_size": _PIECES, "hidden_act": "gelu_new"}
    (preset / "config.json").write_text(json.dumps(config))
    pieces = (preset / "vocab.txt").read_text("utf-8").splitlines()[:_PIECES]
    (preset / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    with (folder / "data.jsonl").open("a", encoding="utf-8") as file:
        rows = [json.loads(line) for line in (folder / "data.jsonl").read_text().splitlines()]
        file.write('{"text": "a row without a label"}\n')
    lines = [f"a\t{row['label']}\t\t{' '.join(row['text'].split())}" for row in rows]
    test = ["index\tsentence", *(f"{i}\t{line[5:]}" for i, line in enumerate(lines[:4]))]
    (folder / "task").mkdir()
    for split, part in (("train", lines[4:-4]), ("dev", lines[:4] + lines[-4:]), ("test", test)):
        (folder / "task" / f"{split}.tsv").write_text("\n".join(part) + "\n", encoding="utf-8")


def _make_finished(folder: Path) -> None:
    _make_data(folder)
    _run(f"{_TRAIN} --output runs/first", folder)


def _make_ended(folder: Path) -> None:
    """Leave a run that has ended while its third checkpoint was written, with steps after it."""
    _make_data(folder)
    whole = _run(f"{_TASK} --output runs/ended", folder)
    shutil.rmtree(folder / "runs")
    third = max(at for at, change in enumerate(whole.changes) if _THIRD.match(change))
    _run(f"{_TASK} --output runs/ended", folder, end=third)


def _make_encoder(folder: Path) -> None:
    """Write a Hugging Face BERT without a head."""
    from safetensors.numpy import load_file, save_file

    _make_finished(folder)
    _run("export runs/first --format huggingface --output encoder", folder)
    shutil.rmtree(folder / "runs")
    file = folder / "encoder" / "model.safetensors"
    arrays = {name: array for name, array in load_file(file).items() if "classifier" not in name}
    save_file({name.removeprefix("bert."): array for name, array in arrays.items()}, file)
    config = json.loads((file.parent / "config.json").read_text())
    config = {name: value for name, value in config.items() if "label" not in name}
    (file.parent / "config.json").write_text(json.dumps({**config, "architectures": ["BertModel"]}))


STARTS: dict[str, Callable[[Path], None]] = {
    "data": _make_data,
    "finished": _make_finished,
    "ended": _make_ended,
    "encoder": _make_encoder,
}


def _run(command: str, folder: Path, end: int | None = None) -> Attempt:
    done = attempt(command.split(), folder, folder.with_suffix(".log"), end=end)
    if done.status != (0 if end is None else KILLED):
        raise SystemExit(f"{command} ended with {done.status}:\n{done.said[-3000:]}")
    return done
