"""How long `kbert report` takes for many rows, and how large the page is.

    python -m benchmarks.report_speed

The benchmark writes a run directory with 10,000 dev rows of 5 classes and about 1 KB each, and with
100,000 steps; its model is tiny and random, since the page does not use it. The seconds are those
of the whole process, from the start of Python. The tables hold the 1,000 most telling rows.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

ROWS, CLASSES, STEPS, CHARACTERS = 10_000, 5, 100_000, 1000
NAMES = tuple(f"class {number}" for number in range(CLASSES))


def make_run(run: Path, rows: int) -> None:
    """Write a folder like that of a run."""
    from kbert import BertClassifier, Tokenizer, TrainingPlan, read_examples
    from kbert.results.evaluation import Evaluation
    from kbert.results.evaluation_history import EvaluationHistory
    from kbert.results.evaluation_record import EvaluationRecord
    from kbert.results.prediction_table import PredictionTable
    from kbert.results.step_columns import STEP_COLUMNS
    from kbert.runs.train import data_record

    random = np.random.default_rng(0)
    true = np.arange(rows) % CLASSES
    words = np.array(["a", "long", "story", "of", "two", "friends", "<b>", "&", "told", "badly"])
    data = run.with_suffix(".csv")
    with data.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for row, label in enumerate(true):
            text = " ".join(random.choice(words, CHARACTERS // 5))
            writer.writerow([f"{row} {text}", NAMES[label]])
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words[:6]]
    sizes = {"num_layers": 1, "num_heads": 1, "hidden_dim": 4, "intermediate_dim": 4}
    backbone = {"vocabulary_size": len(pieces), "max_sequence_length": 16, **sizes}
    model = BertClassifier(backbone, NAMES, Tokenizer(pieces), max_length=16)
    run.mkdir()
    model.save_to(run / "model")
    logits = random.normal(0, 1, (rows, CLASSES)).astype(np.float32)
    logits[np.arange(rows), true] += 1.5
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    history = EvaluationHistory()
    history.add(EvaluationRecord(1, STEPS, {"dev": Evaluation.from_logits(logits, true, NAMES)}))
    (run / "evaluations.json").write_text(json.dumps(history.to_dict()), encoding="utf-8")
    places = {"set": ["dev"] * rows, "row": list(range(1, rows + 1))}
    PredictionTable(NAMES, places, true, shares).write(run / "predictions.csv")
    plan = TrainingPlan(examples=32 * STEPS, batch_size=32, epochs=1)
    rates = plan.learning_rate_at(np.arange(STEPS))
    with (run / "learning_rate.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(STEP_COLUMNS)
        writer.writerows((step, 0, rate, 0.5, 1.5, "") for step, rate in enumerate(rates))
    examples = read_examples(data)
    settings = f"data = {json.dumps(str(data))}\ndev = {json.dumps(str(data))}\n"
    (run / "config.toml").write_text(settings, encoding="utf-8")
    record = {
        "status": "finished",
        "backend": "torch",
        "labels": list(NAMES),
        "plan": asdict(plan),
        "data": {name: data_record(examples) for name in ("train", "dev")},
    }
    (run / "run.json").write_text(json.dumps(record), encoding="utf-8")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        make_run(run, arguments.rows)
        seconds = []
        for _ in range(arguments.rounds):
            started = time.perf_counter()
            command = [sys.executable, "-m", "kbert", "report", str(run)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - started)
        size = (run / "report.html").stat().st_size
        page = (run / "report.html").read_text(encoding="utf-8")
    assert "left out" not in page.split("<main>")[1][:500], "a run that lacks something"
    print("| dev rows | seconds, of rounds | page, MB |")
    print("|---|---|---|")
    least, most = min(seconds), max(seconds)
    print(f"| {arguments.rows:,} | {least:.1f} to {most:.1f} | {size / 1e6:.2f} |")


if __name__ == "__main__":
    main()
