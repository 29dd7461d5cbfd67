import csv
import io
import json
from contextlib import redirect_stdout

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file

from kbert import (
    BertClassifier,
    InputError,
    KbertError,
    TrainConfig,
    TrainingPlan,
    pretrain,
    read_examples,
    resume,
    train,
)
from kbert.backend.peak_memory import peak_memory
from kbert.errors import MachineError
from kbert.findings import Call, Option
from kbert.runs.run_directory import RunDirectory

pytestmark = pytest.mark.keras

EPOCHS = 2


@pytest.fixture(scope="module")
def configure(reviews, tiny_preset, tmp_path_factory):
    """A function that returns the settings of a small run in a new directory."""

    def make(**changes):
        settings = {
            "data": str(reviews),
            "output": str(tmp_path_factory.mktemp("runs") / "run"),
            "preset": str(tiny_preset),
            "weights": "random",
            "max_length": 16,
            "epochs": EPOCHS,
            "batch_size": 16,
            "learning_rate": 1e-3,
            "dev_proportion": 0.2,
            **changes,
        }
        return TrainConfig(**settings)

    return make


@pytest.fixture(scope="module")
def finished(configure):
    """A finished run, and what it printed."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        run = train(configure())
    return run, printed.getvalue()


def learning_rates(run):
    with (run.path / "learning_rate.csv").open(encoding="utf-8", newline="") as file:
        return [float(row["learning_rate"]) for row in csv.DictReader(file)]


@pytest.mark.any_backend  # a matter of files
def test_files_of_a_run(finished):
    run, _ = finished
    assert sorted(path.name for path in run.path.iterdir()) == [
        *(".lock", "baselines.json", "checkpoints", "config.toml", "confusion_matrix.csv"),
        *("dev_rows.csv", "eval_results.txt", "evaluations.json", "learning_rate.csv", "model"),
        *("model_card.md", "predictions.csv", "report.html", "run.json"),
    ]
    assert sorted(path.name for path in run.model_folder.iterdir()) == [
        *("config.json", "model.safetensors", "vocab.txt")
    ]


@pytest.mark.any_backend
def test_run_json(finished, reviews):
    run, _ = finished
    info = run.record
    assert (info["status"], info["labels"], info["text_pairs"]) == (
        "finished",
        ["bad", "good"],
        False,
    )
    rows = len(read_examples(reviews))
    assert (info["data"]["train"]["rows"], info["data"]["dev"]["rows"]) == (rows - 21, 21)
    assert info["data"]["train"]["sha256"] != info["data"]["dev"]["sha256"]
    assert info["best_epoch"] in (1, 2)
    assert {"python", "kbert", "keras", info["backend"]} <= set(info["versions"])
    assert info["started"] <= info["ended"]
    assert info["plan"]["updates"] == 12


@pytest.mark.any_backend  # a matter of the settings
def test_config_toml_has_the_settings_of_the_run(finished, configure):
    run, _ = finished
    written = TrainConfig.from_toml(run.path / "config.toml")
    chosen = {name: getattr(written, name) for name in ("packing", "precision", "pooling", "head")}
    assert "auto" not in chosen.values()
    chosen["backend"] = run.record["backend"]
    assert written == configure(output=str(run.path), **chosen)


def test_rates_are_those_of_the_plan(finished):
    run, _ = finished
    plan = {k: v for k, v in run.record["plan"].items() if not k.endswith("updates")}
    plan = TrainingPlan(**plan)
    assert len(learning_rates(run)) == plan.batches == 12
    np.testing.assert_allclose(learning_rates(run), plan.learning_rate_at(np.arange(12)), rtol=1e-6)


def test_model_is_that_of_the_best_epoch(finished, reviews):
    run, printed = finished
    record = json.loads((run.path / "evaluations.json").read_text())
    best = record["epochs"][record["best_epoch"] - 1]["dev"]
    assert len(record["epochs"]) == EPOCHS
    assert best["accuracy"] == max(epoch["dev"]["accuracy"] for epoch in record["epochs"])
    model = BertClassifier.load(run.path)
    _, dev = read_examples(reviews).split(0.2, seed=0)
    names = [prediction.label for prediction in model.predict_texts(dev.texts)]
    right = np.mean(model.labels.encode(names) == dev.label_ids)
    assert best["accuracy"] == pytest.approx(right)
    assert f"accuracy {best['accuracy']:.4f}" in printed[printed.index("The best epoch") :]


@pytest.mark.any_backend  # a matter of the report
def test_reports_data_plan_and_tokens_before_training(finished):
    _, printed = finished
    order = ["text = 'text', label = 'label'; 2 classes", "set aside", "Training plan", "Tokens: "]
    places = [printed.index(part) for part in [*order, "Loading", "Trained in", "The best epoch"]]
    assert places == sorted(places)


def test_the_peak_of_memory_is_recorded(finished):
    most = finished[0].record["peak_memory_mb"]
    assert most * 1e6 == pytest.approx(peak_memory(keras.backend.backend())["memory"], rel=0.5)


def test_jax_counts_what_it_compiles(finished):
    counts = finished[0].record.get("compilations")
    if keras.backend.backend() != "jax":
        assert counts is None
    else:
        assert set(counts) == {"compiled", "found"}
        assert sum(counts.values()) > 2  # the step, the evaluation and the initialization


def test_same_seed_same_weights_to_the_bit(finished, configure):
    again = train(configure(), verbose=0)
    arrays = [load_file(run.model_folder / "model.safetensors") for run in (finished[0], again)]
    assert list(arrays[0]) == list(arrays[1])
    for path in arrays[0]:
        np.testing.assert_array_equal(arrays[0][path], arrays[1][path], err_msg=path)


@pytest.mark.any_backend  # how files are read, and when a run ends
def test_bad_rows_dev_and_test_files_patience_and_accumulation(configure, reviews, tmp_path):
    data = tmp_path / "bad.csv"
    data.write_text(reviews.read_text() + "Nobody said which.,\none,two,three\n", encoding="utf-8")
    run = train(
        configure(
            data=str(data),
            dev=str(reviews),
            dev_proportion=0.1,
            test=str(reviews),
            on_bad_row="skip",
            epochs=5,
            patience=1,
            learning_rate=1e-12,
            gradient_accumulation_steps=3,
            allow=("dev-overlap", "unusual-rate"),
        ),
        verbose=0,
    )
    with (run.path / "skipped_rows.csv").open(encoding="utf-8", newline="") as file:
        skipped = list(csv.DictReader(file))
    assert [row["row"] for row in skipped] == ["107", "108"]
    assert "label" in skipped[0]["reason"]
    assert "3 fields" in skipped[1]["reason"]
    assert {name: part["skipped"] for name, part in run.record["data"].items()} == {
        "train": 2,
        "dev": 0,
        "test": 0,
    }
    record = json.loads((run.path / "evaluations.json").read_text())
    # The rate is too small to change a score, so the first epoch stays the best.
    assert [sorted(epoch) for epoch in record["epochs"]] == [["dev", "epoch", "test", "update"]] * 2
    assert run.record["best_epoch"] == 1
    # 7 batches per epoch are 35 in 5 epochs, so 11 updates; two of the epochs are trained.
    plan = TrainingPlan(106, 16, 5, 1e-12, gradient_accumulation_steps=3)
    expected = np.repeat(plan.learning_rate_at(np.arange(11)), 3)[:14]
    np.testing.assert_allclose(learning_rates(run), expected, rtol=1e-6)


@pytest.mark.any_backend  # a matter of the recorded scores
def test_a_best_evaluation_inside_an_epoch(configure, monkeypatch, capsys):
    from kbert.results.evaluation_history import EvaluationHistory

    # The evaluation after batch 4 of the first epoch counts as the best.
    best = property(lambda history: next((r for r in history.records if r.batch == 4), None))
    monkeypatch.setattr(EvaluationHistory, "best", best)
    monkeypatch.setattr(EvaluationHistory, "write", lambda history, folder: None)
    run = train(configure(evaluate_every=4))
    assert run.record["best_epoch"] == 1
    printed = capsys.readouterr().out
    assert "The best evaluation, which the run keeps: epoch 1, batch 4\ndev: " in printed


@pytest.mark.any_backend  # a matter of the record
def test_predicting_one_class_is_recorded_while_it_lasts(configure, monkeypatch, capsys):
    run = train(configure(epochs=1, learning_rate=2e-10, allow=("too-few-updates",)))
    assert "WARNING no-better-than-one-class: The model is no better" in capsys.readouterr().out
    assert "no-better-than-one-class" in codes(run)
    monkeypatch.setattr("kbert.callbacks.epoch_evaluation.no_better_finding", lambda best: None)
    resume(run.path, epochs=2, verbose=0)
    assert "no-better-than-one-class" not in codes(run)


def codes(run):
    return [finding["code"] for finding in run.record["findings"]]


@pytest.mark.any_backend  # a matter of files
def test_interrupt_keeps_the_best_model_so_far(configure, monkeypatch):
    import keras

    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if int(self.model.optimizer.iterations) == 8:
                raise KeyboardInterrupt

    fit = BertClassifier.fit

    def interrupted(self, *args, callbacks, **kwargs):
        return fit(self, *args, callbacks=[*callbacks, Interrupt()], **kwargs)

    monkeypatch.setattr(BertClassifier, "fit", interrupted)
    config = configure()
    with pytest.raises(KeyboardInterrupt) as stopped:
        train(config, verbose=0)
    [note] = stopped.value.__notes__
    assert note == (
        f"{config.output} contains the best model so far; {Call('resume', config.output)} resumes "
        "from the last checkpoint."
    )
    run = RunDirectory(config.output)
    assert (run.record["status"], "ended" in run.record) == ("stopped", True)
    monkeypatch.setattr(BertClassifier, "fit", fit)
    assert run.record["training_seconds"] > 0
    # The step that began but did not finish is not logged.
    assert len(learning_rates(run)) == 8
    assert BertClassifier.load(config.output).labels.names == ("bad", "good")
    run.update(training_seconds=1000.0)  # to which the rest of the run adds
    assert 1000 < resume(run.path, verbose=0).record["training_seconds"] < 2000


@pytest.mark.any_backend  # a matter of the record
def test_a_failure_is_recorded(configure, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("out of luck")

    monkeypatch.setattr(BertClassifier, "fit", fail)
    config = configure()
    with pytest.raises(RuntimeError, match="out of luck") as failed:
        train(config, verbose=0)
    assert failed.value.__notes__ == [
        f"{config.output} contains no model: delete it, or name another {Option('output')}."
    ]
    assert RunDirectory(config.output).record["status"] == "failed"


def test_out_of_memory_names_a_smaller_batch(configure, monkeypatch):
    def fail(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr(BertClassifier, "fit", fail)
    config = configure(packing="on")
    with pytest.raises(MachineError, match="Out of memory: a training step of 5 rows x") as failed:
        train(config, verbose=0)
    assert failed.value.cure.settings == {"batch_size": 8, "gradient_accumulation_steps": 2}
    assert RunDirectory(config.output).record["status"] == "failed"


@pytest.mark.any_backend  # refused before a model is made
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": "none.csv"}, "There is no file none.csv"),
        ({"text": "review"}, "has no column 'review'. Its columns: 'text', 'label'"),
        ({"encoding": "klingon"}, "Received: 'klingon'"),
        ({"preset": "./none"}, "There is no file or folder ./none"),
        ({"max_length": 2}, "`max_length` must be from 3 to 64, the most tokens"),
        ({"gradient_accumulation_steps": 99}, "nothing would be trained"),
        ({"weights": "pretrained"}, "holds no weights"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_refuses_before_anything_is_created(configure, changes, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    config = configure(output="run", **changes)
    with pytest.raises(KbertError, match=message):
        train(config, verbose=0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.any_backend  # a matter of files
def test_overwrites_nothing(configure, finished):
    run, _ = finished
    before = (run.path / "run.json").read_bytes()
    with pytest.raises(KbertError, match="run already contains a run; kbert never") as refused:
        train(configure(output=str(run.path)), verbose=0)
    assert refused.value.cure.settings == {"output": f"{run.path}-1"}
    assert (run.path / "run.json").read_bytes() == before


@pytest.mark.any_backend  # how files are read
def test_training_on_the_files_of_patterns(configure, reviews, tmp_path, monkeypatch, capsys):
    with reviews.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    folder = tmp_path / "my data"
    folder.mkdir()
    for number in range(11):
        with (folder / f"part-{number}.csv").open("w", encoding="utf-8", newline="") as file:
            bad = [["", "good"]] if number == 4 else []
            csv.writer(file).writerows([header, *rows[number::11], *bad])
    monkeypatch.chdir(tmp_path)
    changes = {"data": "my data/part-*[1-9].csv", "dev": "my data/*0.csv", "dev_proportion": 0.1}
    run = train(configure(**changes, output=None, on_bad_row="skip"))
    assert str(run) == "runs/part-1"
    assert " rows of 9 files; text = 'text'" in capsys.readouterr().out
    data = run.record["data"]
    assert data["train"]["files"] == [f"my data/part-{number}.csv" for number in range(1, 10)]
    assert data["dev"]["files"] == ["my data/part-0.csv", "my data/part-10.csv"]
    skipped = (run.path / "skipped_rows.csv").read_text(encoding="utf-8").splitlines()
    assert skipped[1].startswith("my data/part-4.csv,")
    (folder / "part-11.csv").write_text("text,label\nA joy.,good\n", encoding="utf-8")
    with pytest.raises(KbertError, match=r"matches files that were not there .*part-11\.csv"):
        resume(run.path, epochs=3, verbose=0)


def test_settings_are_no_path():
    """As in `train("reviews.csv")`."""
    for function, settings in ((train, "TrainConfig"), (pretrain, "PretrainConfig")):
        with pytest.raises(InputError, match=f"must be a {settings}. Received: 'a.csv'") as error:
            function("a.csv")
        assert str(error.value.cure) == f"kbert.{settings}('a.csv')"
