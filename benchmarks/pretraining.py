"""Whether pretraining on unlabelled texts helps where labels are few.

    python -m benchmarks.pretraining --output DIR

Of the training sentences of Rotten Tomatoes, 1,000 are held out for evaluation, and 200 keep their
labels. All others are used for one pretraining run, without labels. Each seed then fine-tunes on
the 200 labels twice: from the preset, and from the pretrained model. The accuracy of the last epoch
on the held-out sentences is compared, seed by seed. Runs that are already in DIR are not repeated;
an interrupted run is resumed.
"""

import argparse
import json
import shlex
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np


def write_data(folder: Path, rows: int | None, labels: int, held_out: int) -> None:
    """Write test.jsonl, labelled.jsonl and texts.txt, which share no text; always the same."""
    from kbert.cli.demo_data import read_movie_reviews

    table = read_movie_reviews("rotten_tomatoes")
    by_text = dict(zip(table["text"].to_pylist(), table["label"].to_pylist(), strict=True))
    lines = [(text, label) for text, label in by_text.items() if "\n" not in text]
    order = np.random.default_rng(0).permutation(len(lines))[:rows].tolist()
    mixed = [lines[place] for place in order]
    parts = {"test": mixed[:held_out], "labelled": mixed[held_out : held_out + labels]}
    for name, part in parts.items():
        records = [json.dumps({"text": text, "label": str(label)}) for text, label in part]
        (folder / f"{name}.jsonl").write_text("\n".join(records) + "\n", encoding="utf-8")
    texts = [text for text, _ in mixed[held_out + labels :]]
    (folder / "texts.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")


def finished(run: Path, *command: str) -> None:
    """Make a run, unless it is finished; resume it if it has begun."""
    record = run / "run.json"
    status = json.loads(record.read_text()).get("status") if record.exists() else None
    if status == "finished":
        return
    arguments = ["resume", str(run)] if status else [*command, "--output", str(run)]
    called = [sys.executable, "-m", "kbert", *arguments]
    done = subprocess.run(called, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{shlex.join(called)} failed:\n{done.stderr[-2000:]}")


def accuracy(run: Path) -> float:
    """Return the accuracy of a run's last epoch, which is not selected by its score."""
    record = json.loads((run / "evaluations.json").read_text(encoding="utf-8"))
    return record["epochs"][-1]["dev"]["accuracy"]


def summary(before: Sequence[float], after: Sequence[float]) -> Iterator[str]:
    """Yield the lines of means, deviations, and the paired t-test of two lists of accuracies."""
    from scipy.stats import ttest_rel

    for name, found in (("without", before), ("with", after)):
        deviation = f", standard deviation {statistics.stdev(found):.4f}" if found[1:] else ""
        yield f"{name}: mean {statistics.mean(found):.4f}{deviation}"
    differences = [b - a for a, b in zip(before, after, strict=True)]
    yield f"difference: mean {statistics.mean(differences):+.4f}"
    if differences[1:]:
        test = ttest_rel(after, before)
        yield f"paired t-test: t = {test.statistic:.2f}, p = {test.pvalue:.4f}"


def main() -> None:
    """Pretrain once, fine-tune with every seed, and print the results."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, required=True, help="folder of data and runs")
    parser.add_argument("--preset", default="minilm")
    parser.add_argument("--epochs", type=int, default=3, help="of pretraining")
    parser.add_argument("--rate", type=float, default=1e-4, help="of pretraining")
    parser.add_argument("--labels", type=int, default=200)
    parser.add_argument("--held-out", type=int, default=1000, help="sentences to measure on")
    parser.add_argument("--rows", type=int, help="sentences in all, for a trial; default: all")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--fine-tuning", default="--epochs 10", help="flags of kbert train")
    options = parser.parse_args()
    folder = options.output
    folder.mkdir(parents=True, exist_ok=True)
    decide = {name: v for name, v in vars(options).items() if name not in ("output", "seeds")}
    settings, told = folder / "settings.json", json.dumps(decide)
    if settings.exists() and settings.read_text(encoding="utf-8") != told:
        sys.exit(f"{folder} has runs of other settings: {settings.read_text(encoding='utf-8')}")
    settings.write_text(told, encoding="utf-8")
    write_data(folder, options.rows, options.labels, options.held_out)
    common = ["--max-length", "64", "--allow", "too-few-updates"]
    pretrained = folder / "pretrained"
    flags = ["--epochs", str(options.epochs), "--learning-rate", str(options.rate)]
    texts = ["pretrain", str(folder / "texts.txt"), "--preset", options.preset]
    finished(pretrained, *texts, *flags, *common)
    found: dict[str, list[float]] = {options.preset: [], str(pretrained): []}
    data = ["train", str(folder / "labelled.jsonl"), "--dev", str(folder / "test.jsonl")]
    for seed in range(options.seeds):
        for preset, accuracies in found.items():
            name = "with" if preset == str(pretrained) else "without"
            run = folder / f"{name}-{seed}"
            more = ["--preset", preset, "--seed", str(seed), "--baseline", "none"]
            finished(run, *data, *more, *common, *shlex.split(options.fine_tuning))
            accuracies.append(accuracy(run))
        before, after = (accuracies[-1] for accuracies in found.values())
        print(f"seed {seed}: without {before:.4f}, with {after:.4f}", flush=True)
    for line in summary(*found.values()):
        print(line)


if __name__ == "__main__":
    main()
