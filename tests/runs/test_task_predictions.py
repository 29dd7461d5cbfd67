import csv
import io
import json
import shutil
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np
import pytest

from kbert import KbertError, TrainConfig, read_examples, resume, train
from kbert.data.reading.tasks import read_task

# The written numbers are NumPy's.
pytestmark = [pytest.mark.keras, pytest.mark.any_backend]


@pytest.fixture(scope="module")
def finished(reviews, tiny_preset, tmp_path_factory):
    """A run on files in SST-2's layout, whose test set has no labels."""
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
        allow=("duplicates",),
    )
    printed = io.StringIO()
    with redirect_stdout(printed):
        run = train(config)
    return run, printed.getvalue(), folder


def test_it_writes_the_files_of_run_classifier(finished):
    run, printed, folder = finished
    assert f"as run_classifier.py writes them: {run.path / 'test_results.tsv'}\n" in printed
    text = (run.path / "eval_results.txt").read_text(encoding="utf-8")
    found = dict(line.split(" = ") for line in text.splitlines())
    assert list(found) == ["eval_accuracy", "eval_loss", "global_step", "loss"]
    record = json.loads((run.path / "evaluations.json").read_text(encoding="utf-8"))
    best = next(e for e in record["epochs"] if e["epoch"] == run.record["best_epoch"])
    assert int(found["global_step"]) == best["update"]
    for name in ("accuracy", "loss"):
        assert float(found[f"eval_{name}"]) == pytest.approx(best["dev"][name], abs=1e-5)
    with (run.path / "test_results.tsv").open(encoding="utf-8", newline="") as file:
        rows = [[float(cell) for cell in row] for row in csv.reader(file, delimiter="\t")]
    assert len(rows) == len(read_task("sst-2", folder, "test")) == 9
    np.testing.assert_allclose(np.sum(rows, axis=1), 1, atol=1e-6)


def test_a_longer_run_predicts_again(finished):
    run, _, _ = finished
    (run.path / "test_results.tsv").unlink()
    resume(run.path, epochs=3, verbose=0)
    assert (run.path / "test_results.tsv").read_text(encoding="utf-8").count("\n") == 9


def test_an_unreadable_test_set_is_refused_before_the_first_step(finished, tmp_path):
    run, _, folder = finished
    data = shutil.copytree(folder, tmp_path / "data", ignore=shutil.ignore_patterns("run"))
    (data / "test.tsv").write_text("index\tsentence\n0\n", encoding="utf-8")
    config = TrainConfig.from_toml(run.path / "config.toml")
    config = replace(config, data=str(data), output=str(tmp_path / "run"))
    with pytest.raises(KbertError, match=r"test.tsv, row 1.*1 field where the first row has 2"):
        train(config, verbose=0)
    assert not (tmp_path / "run").exists()
