"""Every flag of every verb is used, or refused by name, and never ignored.

The table lists all flags, so a new one has to be added to it.
"""

from dataclasses import fields

import pytest

from kbert.cli.app import VERBS, app
from kbert.cli.main import main
from kbert.config import TechniqueOptions
from kbert.runs.run_config import FROM_PARENT

USED = "used"
READING = (
    *("text", "pair", "label", "format", "encoding", "header", "delimiter"),
    *("quoting", "sheet"),
    *("on-bad-row", "weight", "group", "split-by-time", "target", "label-separator"),
)
PLAN = (
    *("epochs", "batch-size", "update-size", "gradient-accumulation-steps", "learning-rate"),
    *("warmup-proportion", "recipe", "batch-size-per-device", "devices"),
)
WINDOWS = ("stride", "max-windows", "pool")
MODEL = (
    *("preset", "max-length", "long-text", "cut-pair", *WINDOWS, "dropout", "weights"),
    *("precision", "pooling"),
)
TECHNIQUES = tuple(field.name.replace("_", "-") for field in fields(TechniqueOptions))
OF_WHOLE_RUNS = ("gradual-unfreezing", "moving-average", "average-best")
LOSS = ("loss", "focal-gamma", "label-smoothing", "class-weight")
SPLIT = ("split-seed", "folds", "fold")
EVALUATION = (
    *("dev", "dev-proportion", "test", "monitor", "patience", "evaluate-every"),
    "calibrate",
)
CHECKPOINTS = ("checkpoint-steps", "checkpoint-minutes", "keep-checkpoints")
MACHINE = (
    *("baseline", "report", "report-to", "backend", "seed", "deterministic", "packing"),
    "gradient-checkpointing",
)
SHARDS = {
    "shuffle-window": ["data.csv --shuffle-window 2"],
    "shard-cache": ["data.csv --shard-cache 2"],
}
SPEAKING = ("quiet", "verbose", "lang")
PROCESSES = ("coordinator", "process-id", "processes")
SERVING = (
    *("model", "backend", "batch-size", "host", "max-bytes", "max-queue", "max-texts"),
    *("max-wait-ms", "port", "threads", "workers", *SPEAKING),
)

BATCH = "--batch-size 32 --batch-size-per-device 4"  # 32 is the default, but given
TASK = "{option} has no effect beside --task: leave it out."
DEV = {
    "dev-proportion": ["data.csv --dev-proportion 0.2 --dev dev.csv"],
    "split-seed": [
        "data.csv --split-seed 1 --dev dev.csv",
        "data.csv --split-seed 1 --split-by-time t",
    ],
    "split-by-time": [
        "data.csv --split-by-time t --dev dev.csv",
        "data.csv --split-by-time t --folds 3",
    ],
    "folds": ["data.csv --folds 3 --dev dev.csv"],
    "fold": ["data.csv --fold 1"],
}
# A Parquet file has neither a delimiter nor an encoding; JSON Lines has an encoding.
FILES = {
    "delimiter": ["rows.jsonl --delimiter ;", "rows.parquet --delimiter ;"],
    "header": ["rows.jsonl --no-header", "rows.txt --header"],
    "quoting": ["rows.parquet --quoting none"],
    "encoding": ["rows.parquet --encoding cp1252"],
    "sheet": ["rows.parquet --sheet One", "data.csv --sheet One"],
}
TRAINING = {
    **dict.fromkeys(
        (*READING, *PLAN, *MODEL, *TECHNIQUES, *LOSS, *EVALUATION, *SPLIT, *CHECKPOINTS, *MACHINE),
        USED,
    ),
    **dict.fromkeys((*SPEAKING, "output"), USED),
    "allow": USED,
    **FILES,
    **SHARDS,
}
TABLE = {
    "demo": {
        **{name: USED for name in TRAINING if name not in (*READING, *SHARDS)},
        "dev-proportion": ["--dev dev.csv --dev-proportion 0.2"],
        "split-seed": ["--dev dev.csv --split-seed 1"],
        "folds": ["--dev dev.csv --folds 3"],
        "fold": ["--fold 1"],
        "batch-size": [BATCH],
        "chinese": USED,
    },
    "inspect": {
        **dict.fromkeys((*READING, *SPEAKING, "data", "dev", "json"), USED),
        **dict.fromkeys(("preset", "max-length", "long-text", "cut-pair", "task"), USED),
        "stride": ["data.csv --stride 3"],
        "max-windows": ["data.csv --long-text tail --max-windows 3"],
        **FILES,
        **{n: [f"data --task mrpc --{n} 1"] for n in ("text", "pair", "label", "dev")},
        **{n: [f"data --task mrpc --{n} multi"] for n in ("target", "label-separator")},
        "plot": ["texts.csv --plot classes.png"],
        "shuffle-window": SHARDS["shuffle-window"],
        "duplicates": ["data.csv --duplicates dev.csv"],
    },
    "plan": {
        **dict.fromkeys((*SPEAKING, "data", "json", "google-flags"), USED),
        **{n: [f"data.csv --google-flags= --{n} 1"] for n in PLAN if n != "recipe"},
        "batch-size": [f"--examples 9 {BATCH}", "data.csv --google-flags= --batch-size 1"],
        "recipe": ["data.csv --recipe google --google-flags=--do_train"],
        **{n: [f"data.csv --google-flags= --{n} 1"] for n in TECHNIQUES},
        "freeze-embeddings": ["data.csv --google-flags= --freeze-embeddings"],
        "allow": ["data.csv --google-flags= --allow too-few-updates"],
        "pooling": ["data.csv --google-flags= --pooling mean"],
        **{
            n: [f"--examples 9 --{n} 1"]
            for n in ("text", "pair", "label", "delimiter", "weight", "group", "label-separator")
        },
        "target": ["--examples 9 --target multi"],
        "split-by-time": ["--examples 9 --split-by-time t", *DEV["split-by-time"]],
        "sheet": ["--examples 9 --sheet One", *FILES["sheet"]],
        "format": ["--examples 9 --format csv", "--examples 9 --google-flags= --format csv"],
        "encoding": ["--examples 9 --encoding utf-8", *FILES["encoding"]],
        "header": ["--examples 9 --header", *FILES["header"]],
        "quoting": ["--examples 9 --quoting auto", *FILES["quoting"]],
        "on-bad-row": ["--examples 9 --on-bad-row skip"],
        "dev": ["--examples 9 --dev dev.csv", "data.csv --google-flags= --dev dev.csv"],
        "dev-proportion": ["--examples 9 --dev-proportion 0.1", *DEV["dev-proportion"]],
        "split-seed": ["--examples 9 --split-seed 1", *DEV["split-seed"]],
        "folds": ["--examples 9 --folds 3", *DEV["folds"]],
        "fold": ["--examples 9 --fold 3 --folds 3", *DEV["fold"]],
        "seed": ["--examples 9 --seed 1", "data.csv --google-flags= --seed 1"],
        "preset": ["--examples 9 --preset minilm", "data.csv --google-flags= --preset minilm"],
        "max-length": ["--examples 9 --max-length 128", "data.csv --google-flags= --max-length 64"],
        "long-text": ["--examples 9 --long-text tail"],
        "cut-pair": ["data.csv --google-flags= --cut-pair first"],
        "stride": ["data.csv --google-flags= --stride 3", "data.csv --stride 3"],
        "max-windows": ["--examples 9 --max-windows 3", "data.csv --max-windows 3"],
        "pool": ["--examples 9 --pool max", "data.csv --long-text tail --pool max"],
        "task": ["--examples 9 --task mrpc", "data --task mrpc --google-flags="],
        "backend": ["data.csv --google-flags= --backend torch"],
        "examples": ["data.csv --examples 9", "data.csv --examples 9 --google-flags="],
        "global-step": ["data.csv --global-step 0", "--examples 9 --global-step 5"],
        "time": ["data.csv --google-flags= --time"],
        "plot": ["data.csv --google-flags= --plot plan.png"],
        "shuffle-window": ["--examples 9 --shuffle-window 2", *SHARDS["shuffle-window"]],
        "shard-cache": ["data.csv --google-flags= --shard-cache 2", *SHARDS["shard-cache"]],
    },
    "lr-find": {
        **dict.fromkeys((*READING, *MODEL, *LOSS, *SPEAKING), USED),
        **dict.fromkeys((n for n in TECHNIQUES if n not in OF_WHOLE_RUNS), USED),
        **dict.fromkeys(("lowest", "highest", "updates", "plot", "json"), USED),
        **dict.fromkeys(("data", "parent", "allow", "recipe", "batch-size", "update-size"), USED),
        **dict.fromkeys(("gradient-accumulation-steps", "backend", "seed", "packing"), USED),
        **dict.fromkeys(("deterministic", "gradient-checkpointing", "task"), USED),
        **FILES,
        **SHARDS,
        "preset": ["data.csv --parent run --preset minilm"],
        "weights": ["data.csv --parent run --weights pretrained"],
        "pooling": ["data.csv --parent run --pooling mean"],
        "head": ["data.csv --parent run --head linear"],
        "dev": ["data --task mrpc --dev dev.csv"],
        "dev-proportion": ["data --task mrpc --dev-proportion 0.1", *DEV["dev-proportion"]],
        "split-seed": ["data --task mrpc --split-seed 1", "data.csv --split-seed 1 --dev dev.csv"],
        "split-by-time": ["data.csv --split-by-time t --dev dev.csv"],
    },
    "tokens": {
        **dict.fromkeys((*READING, *SPEAKING, "data", "output", "rows-per-shard"), USED),
        **dict.fromkeys(("preset", "max-length", "long-text", "cut-pair"), USED),
        "stride": ["data.csv --output new --stride 3"],
        "max-windows": ["data.csv --output new --max-windows 3"],
        **{name: [f"{line} --output new" for line in lines] for name, lines in FILES.items()},
    },
    "train": {
        **TRAINING,
        **dict.fromkeys(PROCESSES, USED),
        **{n: [f"data --task mrpc --{n} 1"] for n in ("text", "pair", "label", "test", "dev")},
        **{n: [f"data --task mrpc --{n} n"] for n in ("weight", "group", "label-separator")},
        "target": ["data --task mrpc --target multi"],
        "split-by-time": ["data --task mrpc --split-by-time t", *DEV["split-by-time"]],
        "split-seed": ["data --task mrpc --split-seed 1", *DEV["split-seed"]],
        "focal-gamma": ["data.csv --focal-gamma 1"],
        "batch-size": [f"data.csv {BATCH}"],
        "stride": ["data.csv --stride 3", "data.csv --stride 126 --long-text windows"],
        "max-windows": ["data.csv --max-windows 3"],
        "pool": ["data.csv --pool max"],
        "folds": ["data --task mrpc --folds 3", *DEV["folds"]],
        "fold": ["data --task mrpc --folds 3 --fold 1", *DEV["fold"]],
        "format": ["data --task mrpc --format csv"],
        "encoding": ["data --task mrpc --encoding utf-8", *FILES["encoding"]],
        "header": ["data --task mrpc --no-header", *FILES["header"]],
        "delimiter": ["data --task mrpc --delimiter ;", *FILES["delimiter"]],
        "quoting": ["data --task mrpc --quoting none", *FILES["quoting"]],
        "sheet": ["data --task mrpc --sheet One", *FILES["sheet"]],
        "on-bad-row": ["data --task mrpc --on-bad-row skip"],
        "dev-proportion": ["data --task mrpc --dev-proportion 0.1", *DEV["dev-proportion"]],
        "preset": ["data.csv --parent run --preset minilm"],
        "weights": ["data.csv --parent run --weights pretrained"],
        "pooling": ["data.csv --parent run --pooling cls"],
        "head": ["data.csv --parent run --head new"],
        "monitor": ["data.csv --dev-proportion 0 --monitor loss"],
        "patience": ["data.csv --dev-proportion 0 --patience 2"],
        "evaluate-every": ["data.csv --dev-proportion 0 --evaluate-every 2"],
        "calibrate": ["data.csv --dev-proportion 0 --calibrate"],
        **dict.fromkeys(("data", "task", "parent", "config", "callback"), USED),
    },
    "pretrain": {
        **dict.fromkeys((*READING, *PLAN, *MODEL, *CHECKPOINTS, *MACHINE, *SPEAKING), USED),
        **dict.fromkeys(("data", "output", "dev", "allow", "config", "plan"), USED),
        **FILES,
        "batch-size": [f"data.csv {BATCH}"],
        "dev-proportion": ["data.csv --dev-proportion 0.2 --dev dev.csv"],
        "patience": ["data.csv --dev-proportion 0 --patience 2"],
        "evaluate-every": ["data.csv --dev-proportion 0 --evaluate-every 2"],
    },
    "resume": {
        **dict.fromkeys((*PLAN, *CHECKPOINTS, *SPEAKING, "run", "backend", "allow"), USED),
        **dict.fromkeys(("callback", "report-to", *PROCESSES), USED),
        "batch-size": [f"run {BATCH}"],
        "scale-epochs": ["run --scale-epochs", "run --scale-epochs --epochs 2 --batch-size 4"],
        "checkpoint": USED,
    },
    "continue": {
        **{name: USED for name in TRAINING if name not in FROM_PARENT},
        **dict.fromkeys(PROCESSES, USED),
        **dict.fromkeys(SHARDS, USED),  # for the run's data, which must be read first
        "dev-proportion": ["run --dev dev.csv --dev-proportion 0.2"],
        "split-seed": ["run --dev dev.csv --split-seed 1"],
        "folds": ["run --dev dev.csv --folds 3"],
        "fold": ["run --fold 1"],
        "batch-size": [f"run {BATCH}"],
        "split-by-time": ["run --dev dev.csv --split-by-time t"],
        **dict.fromkeys(("run", "data", "task", "callback"), USED),
    },
    "evaluate": {
        **dict.fromkeys(PROCESSES, USED),
        "devices": ["export data.csv --devices 2"],
        **dict.fromkeys((*READING, *SPEAKING, "model", "data", "batch-size", "json"), USED),
        **{name: [f"run {line}" for line in lines] for name, lines in FILES.items()},
        "backend": ["export data.csv --backend torch"],
    },
    "serve": dict.fromkeys(SERVING, USED),
    "predict": {
        **dict.fromkeys(PROCESSES, USED),
        "devices": ["export texts.csv --devices 2"],
        **dict.fromkeys((*READING, *SPEAKING, "model", "data", "batch-size"), USED),
        **dict.fromkeys(("output", "to", "keep-columns", "abstain"), USED),
        "bom": ["run texts.csv --bom --to jsonl"],
        **{name: [f"run {line}" for line in lines] for name, lines in FILES.items()},
        "delimiter": ["run --delimiter ;", "run - --delimiter ;"],
        "backend": ["export texts.csv --backend torch"],
    },
    "import": {
        **dict.fromkeys((*SPEAKING, "source", "output", "labels", "backend"), USED),
        "base": ["tiny --output new --base tiny"],
        "lowercase": ["tiny --output new --lowercase"],
        "max-length": USED,  # for an encoder, which must be read first: tests/models
    },
    "presets": dict.fromkeys((*SPEAKING, "json"), USED),
    "report": dict.fromkeys((*SPEAKING, "run", "others", "output"), USED),
    "compare": {
        **dict.fromkeys((*SPEAKING, "run", "others", "on", "json"), USED),
        **{name: [f"run run --{name} x"] for name in READING if name != "header"},
        "header": ["run run --no-header"],
        "on-bad-row": ["run run --on-bad-row skip"],
        "format": ["run run --format csv"],
        "quoting": ["run run --quoting none"],
        "target": ["run run --target multi"],
        "batch-size": ["run run --batch-size 8"],
        "backend": ["run run --backend torch"],
    },
    "errors": {
        **dict.fromkeys((*READING, *SPEAKING, "model", "data", "json", "output"), USED),
        **dict.fromkeys(("show", "near", "near-rows"), USED),
        **{name: [f"run {line}" for line in lines] for name, lines in FILES.items()},
        "batch-size": ["run --batch-size 8"],
        "to": ["run --to csv"],
        "backend": ["export data.csv --backend torch"],
    },
    "explain": {
        **dict.fromkeys((*SPEAKING, "model", "text", "label", "output", "json"), USED),
        **dict.fromkeys(("max-words", "batch-size"), USED),
        "pair": ["export text --pair second"],
        "backend": ["export text --backend torch"],
    },
    "export": {
        **dict.fromkeys((*SPEAKING, "model", "output", "format", "dev", "backend"), USED),
        # Without a --dev file; the model must be read first: tests/exports.
        **dict.fromkeys(("text", "pair", "label", "encoding", "delimiter", "on-bad-row"), USED),
        "sheet": USED,
        **dict.fromkeys(("weight", "target", "label-separator"), USED),
        "length": ["run --format google --output new --length 16"],
        "quantize": ["run --format torch --output new --quantize int8"],
    },
}
TABLE["sweep"] = {
    **{
        name: lines if lines == USED else [line for line in lines if "--folds" not in line]
        for name, lines in TABLE["train"].items()
        if name not in (*PROCESSES, "folds", "fold", "callback")
    },
    **dict.fromkeys(("seeds", "trials", "prune", "jobs", "budget", "ray", "retrain"), USED),
    "dry-run": USED,
}
del TABLE["resume"]["recipe"], TABLE["tokens"]["group"], TABLE["tokens"]["split-by-time"]
for verb in ("evaluate", "errors", "compare"):
    del TABLE[verb]["group"], TABLE[verb]["split-by-time"]
for name in ("label", "weight", "group", "split-by-time", "target", "label-separator"):
    del TABLE["pretrain"][name]
for name in ("dropout", "pooling", "max-windows", "pool", "baseline"):
    del TABLE["pretrain"][name]
for name in ("label", "weight", "group", "split-by-time", "target", "label-separator"):
    del TABLE["predict"][name]


def flags_of(verb):
    """The names of the flags that the parser knows."""
    found = app[verb].assemble_argument_collection()
    return {argument.name.removeprefix("--").lower() for argument in found} - {"*"}


@pytest.mark.parametrize("verb", VERBS)
def test_the_table_has_every_flag(verb):
    assert flags_of(verb) == set(TABLE[verb])


@pytest.fixture
def folder(tmp_path, monkeypatch, tiny_preset, export_folder_of_nothing):
    """A folder with data, a run and an export, which are looked up but never read."""
    rows = "text,label\n" + "A joy.,good\nA mess.,bad\n" * 20
    for name in ("data.csv", "dev.csv"):
        (tmp_path / name).write_text(rows)
    (tmp_path / "texts.csv").write_text("text\n" + "A joy.\n" * 20)
    (tmp_path / "rows.jsonl").write_text('{"text": "A joy.", "label": "good"}\n' * 20)
    (tmp_path / "rows.parquet").write_bytes(b"PAR1")
    (tmp_path / "rows.txt").write_text("A joy.\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text('{"status": "stopped"}')
    (tmp_path / "run" / "config.toml").write_text('data = "data.csv"\n')
    (tmp_path / "tiny").symlink_to(tiny_preset)
    (tmp_path / "export").symlink_to(export_folder_of_nothing)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def export_folder_of_nothing(tmp_path_factory, minilm_vocab):
    """The files of an ONNX export, whose program is not opened before flags are refused."""
    import json
    import shutil

    folder = tmp_path_factory.mktemp("export")
    settings = {
        **{"format": "kbert-export-1", "kind": "onnx", "file": "model.onnx"},
        **{"labels": ["bad", "good"], "max_length": 16, "length": None, "int8": False},
        **{"text_pairs": False, "tokenizer": {"lowercase": True}},
    }
    (folder / "kbert.json").write_text(json.dumps(settings))
    (folder / "model.onnx").write_bytes(b"")
    shutil.copy(minilm_vocab, folder / "vocab.txt")
    return folder


CASES = [
    (verb, flag, line)
    for verb, flags in TABLE.items()
    for flag, lines in flags.items()
    if lines != USED
    for line in lines
]


@pytest.mark.parametrize(("verb", "flag", "line"), CASES, ids=lambda value: value or "-")
def test_an_unused_flag_is_refused_by_name(verb, flag, line, folder, capsys):
    before = sorted(folder.rglob("*"))
    with pytest.raises(SystemExit) as end:
        main([verb, *line.split(" ")])
    out, err = capsys.readouterr()
    assert (end.value.code, out) == (2, "")
    *before_it, refusal = err.splitlines()
    assert f"--{flag}" in refusal
    assert refusal.startswith("kbert: ")
    assert all(line.startswith("data.csv: 40 rows") for line in before_it)
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("name", ["preset", "weights"])
def test_continue_has_no_flag_for_what_its_run_decides(name, folder, capsys):
    with pytest.raises(SystemExit) as end:
        main(["continue", "run", f"--{name}", "minilm", "--output", "new"])
    assert end.value.code == 2
    assert f"--{name}" in "".join(capsys.readouterr())


def test_a_settings_file_may_have_settings_without_effect(folder, capsys):
    """A run's config.toml has every setting, including those without effect."""
    (folder / "all.toml").write_text('data = "data.csv"\ndev = "none.csv"\ndev_proportion = 0.1\n')
    with pytest.raises(SystemExit):
        main(["train", "--config", "all.toml"])
    assert "There is no file none.csv" in capsys.readouterr().err
