import csv
import json

import numpy as np
import pytest

from kbert import TrainConfig, read_examples, resume, train
from kbert.data.tasks import read_task
from kbert.runs.google_results import eval_results

pytestmark = pytest.mark.keras


def silent(line):
    """Report nothing."""


@pytest.fixture(scope="module")
def finished(reviews, tiny_preset, tmp_path_factory):
    """A run of SST-2's layout, whose test set has no labels."""
    folder = tmp_path_factory.mktemp("sst-2")
    examples = read_examples(str(reviews))
    pairs = zip(examples.texts, examples.label_ids, strict=True)
    rows = [f"{' '.join(text.split())}\t{label}\n" for text, label in pairs]
    for name, part in (("train.tsv", rows[::2] * 2), ("dev.tsv", rows[1::4])):
        (folder / name).write_text("sentence\tlabel\n" + "".join(part), encoding="utf-8")
    test = "".join(f"{n}\t{' '.join(text.split())}\n" for n, text in enumerate(examples.texts[:9]))
    (folder / "test.tsv").write_text("index\tsentence\n" + test, encoding="utf-8")
    config = TrainConfig(
        str(folder),
        task="sst-2",
        recipe="google",
        output=str(folder / "run"),
        preset=str(tiny_preset),
        weights="random",
        max_length=8,
        epochs=2,
        batch_size=8,
        learning_rate=1e-3,
        force=("duplicates",),
    )
    said = []
    return train(config, said.append), said, folder


def test_the_files_of_run_classifier(finished):
    run, said, folder = finished
    assert said[-2:] == [
        f"As run_classifier.py leaves it: {run.path / 'eval_results.txt'}",
        f"As run_classifier.py leaves it: {run.path / 'test_results.tsv'}",
    ]
    text = (run.path / "eval_results.txt").read_text(encoding="utf-8")
    found = dict(line.split(" = ") for line in text.splitlines())
    assert list(found) == ["eval_accuracy", "eval_loss", "global_step", "loss"]
    record = json.loads((run.path / "evaluations.json").read_text(encoding="utf-8"))
    best = next(e for e in record["epochs"] if e["epoch"] == run.info["best_epoch"])
    for name in ("accuracy", "loss"):
        assert float(found[f"eval_{name}"]) == pytest.approx(best["dev"][name], abs=1e-5)
    steps = (run.path / "learning_rate.csv").read_text(encoding="utf-8").count("\n") - 1
    assert int(found["global_step"]) == steps
    with (run.path / "test_results.tsv").open(encoding="utf-8", newline="") as file:
        rows = [[float(cell) for cell in row] for row in csv.reader(file, delimiter="\t")]
    assert len(rows) == len(read_task("sst-2", folder, "test")) == 9
    np.testing.assert_allclose(np.sum(rows, axis=1), 1, atol=1e-6)


def test_a_longer_training_writes_them_anew(finished):
    run, _, _ = finished
    before = (run.path / "eval_results.txt").read_text(encoding="utf-8")
    resume(run.path, epochs=3, report=silent)
    after = (run.path / "eval_results.txt").read_text(encoding="utf-8")
    assert before.split("global_step")[1] != after.split("global_step")[1]


def test_loss_is_the_mean_over_batches_of_eight():
    logits = np.zeros((10, 2), np.float32)
    logits[8:, 1] = 100.0  # two rows that are wrong by far, in a batch of their own
    text = eval_results(logits, np.zeros(10, int), 7)
    assert text == "eval_accuracy = 0.8\neval_loss = 20.554518\nglobal_step = 7\nloss = 50.346573\n"
