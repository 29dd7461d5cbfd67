"""Complete runs with several labels, numbers or soft labels."""

import csv
import json
import shutil
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from keras.ops import convert_to_numpy
from kills import Killed, killed_after
from safetensors.numpy import load_file

from kbert import (
    BertClassifier,
    EpochEvaluation,
    Predictor,
    TrainConfig,
    continue_training,
    read_examples,
    resume,
    train,
)
from kbert.cli.main import main
from kbert.data.padding import pad
from kbert.reports import sampled_scores
from kbert.results.bootstrap import bootstrap_scores
from kbert.results.thresholds import best_thresholds

pytestmark = pytest.mark.keras

LABELS = {
    "multi": (["tags"], {"label": "tags", "label_separator": ";", "target": "multi"}),
    "regression": (["euros"], {"label": "euros", "target": "regression"}),
    "soft": (["bad", "good"], {"label": "bad,good", "target": "soft"}),
}


def verb(*words):
    """Run a command, and check that it succeeds."""
    with pytest.raises(SystemExit) as ended:
        main([*map(str, words)])
    assert ended.value.code in (None, 0)


def cells(kind, row, number):
    """Return the label of a review: its class and length, in the columns of a kind."""
    is_good = row["label"] == "good"
    if kind == "multi":
        tags = ["good"] * is_good + ["long"] * (len(row["text"]) > 30) + ["rare"] * (number == 0)
        return [";".join(tags)]
    if kind == "regression":
        return [2000 + 300 * is_good + number]
    return [0.1, 0.9] if is_good else [0.8, 0.2]


@pytest.fixture(scope="module")
def files(reviews, tmp_path_factory):
    """A function that returns the reviews with the labels of a kind."""
    folder = tmp_path_factory.mktemp("data")
    with reviews.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    def write(kind):
        path = folder / f"{kind}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(["text", *LABELS[kind][0]])
            table.writerows([r["text"], *cells(kind, r, n)] for n, r in enumerate(rows))
        return path

    return write


@pytest.fixture
def config(files, tiny_preset, tmp_path):
    def make(kind, **changes):
        settings = {
            **{"data": str(files(kind)), "output": str(tmp_path / "run"), "max_length": 16},
            **{"preset": str(tiny_preset), "weights": "random", "epochs": 2, "batch_size": 16},
            **{"learning_rate": 1e-3, "dev_proportion": 0.2, "baseline": "none"},
        }
        return TrainConfig(**{**settings, **LABELS[kind][1], **changes})

    return make


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=[] if kind == "regression" else pytest.mark.any_backend)
        for kind in LABELS
    ],
)
def test_predict_evaluate_and_compare_after_a_run(kind, config, files, capsys, monkeypatch):
    run = train(config(kind))
    capsys.readouterr()
    data = files(kind)
    verb("predict", run, data, "--keep-columns", "text")
    table = list(csv.reader(capsys.readouterr().out.splitlines()))
    names = {"multi": ["good", "long", "rare"], "regression": ["euros"], "soft": ["bad", "good"]}
    shares = [f"p({name})" for name in names[kind]]
    assert (
        table[0][2:]
        == {
            "multi": ["labels", *shares],
            "regression": ["euros"],
            "soft": ["label", "probability", *shares],
        }[kind]
    )
    numbers = np.array([row[-len(names[kind]) :] for row in table[1:]], np.float64)
    texts = [row[1] for row in table[1:]]
    np.testing.assert_allclose(numbers, Predictor.load(run.path).predict_proba(texts), rtol=1e-3)
    if kind == "regression":
        assert 1900 < numbers.mean() < 2500  # in their own unit
    # The labels are in the run's columns, and are read like the model's.
    for given in ([], ["--label", LABELS[kind][1]["label"]]):
        verb("evaluate", run, data, *given, "--json")
        scores = json.loads(capsys.readouterr().out)
        assert scores["rows"] == len(texts)
    verb("evaluate", run, "--json")
    of_dev = json.loads(capsys.readouterr().out)
    recorded = run.best_scores()
    same = [n for n in recorded if n in of_dev and not n.endswith("f1") and "subset" not in n]
    assert {n: of_dev[n] for n in same} == pytest.approx({n: recorded[n] for n in same}, abs=1e-4)
    few = partial(bootstrap_scores, repeats=10)  # the usual number takes seconds
    monkeypatch.setattr(sampled_scores, "bootstrap_scores", lambda of, rows, repeats: few(of, rows))
    check_comparison(kind, run, data, capsys)


def check_comparison(kind, run, data, capsys):
    """Check that `kbert compare` finds no difference between a run and its copy."""
    copy = run.path.with_name("copy")
    shutil.copytree(run.path, copy)
    for on in ([], ["--on", data]):
        verb("compare", run, copy, *on, "--json")
        record = json.loads(capsys.readouterr().out)
        against = record["runs"][1]["against_first"]
        assert against["difference"] == 0
        assert against["interval"] == {"low": 0, "high": 0}
        assert against["test"] == ({"first": 0, "second": 0, "p": 1} if kind == "soft" else None)
        assert record["rows"] == record["runs"][0]["scores"]["rows"]


@pytest.mark.any_backend  # what is computed is tested above
def test_thresholds_are_those_of_the_best_epoch(config, capsys):
    run = train(config("multi"))
    printed = capsys.readouterr().out
    model = BertClassifier.load(run.path)
    record = json.loads((run.path / "evaluations.json").read_text())
    best = record["epochs"][record["best_epoch"] - 1]["dev"]
    assert best["thresholds"] == [0.5] * 3
    assert list(model.target.thresholds) == best["best_thresholds"]["values"]
    assert "which give each label its best F1 on dev: good 0." in printed
    # With them, dev has the scores that the run recorded.
    verb("evaluate", run, "--json")
    scores = json.loads(capsys.readouterr().out)
    assert scores["thresholds"] == best["best_thresholds"]["values"]
    for name in ("micro_f1", "macro_f1"):
        assert scores[name] == pytest.approx(best["best_thresholds"][name])
    # A continued run chooses its own.
    second = continue_training(run.path, verbose=0)
    record = json.loads((second.path / "evaluations.json").read_text())
    assert record["epochs"][0]["dev"]["thresholds"] == [0.5] * 3
    best = record["epochs"][record["best_epoch"] - 1]["dev"]
    chosen = best["best_thresholds"]["values"]
    assert list(BertClassifier.load(second.path).target.thresholds) == chosen


@pytest.mark.any_backend  # each backend's state is compared in test_resume_exactly.py
@pytest.mark.parametrize("kind", ["multi", "regression"])
def test_a_resumed_run_ends_the_same(kind, config, tmp_path):
    with killed_after(None, config(kind).output) as changes:
        whole = train(config(kind), verbose=0)
    other = replace(config(kind), output=str(tmp_path / "other"))
    with pytest.raises(Killed), killed_after(int(changes.count * 0.8), other.output):
        train(other, verbose=0)
    resumed = resume(tmp_path / "other", verbose=0)
    assert whole.best_scores() == resumed.best_scores()
    for name, array in load_file(whole.model_folder / "model.safetensors").items():
        again = load_file(resumed.model_folder / "model.safetensors")[name]
        np.testing.assert_array_equal(array, again, err_msg=name)
    target = BertClassifier.load(whole.path).target
    assert BertClassifier.load(resumed.path).target == target
    assert target.to_dict().keys() >= {"multi": {"thresholds"}, "regression": {"scale"}}[kind]


def pooled_by_hand(model, text, pool):
    """Return the pooled outputs of the windows of a text: 6 tokens each, one of them shared."""
    ids = model.tokenizer.token_ids([text])[0]
    starts = range(0, max(len(ids) - 1, 1), 5)
    outputs = []
    for start in starts:
        window = [model.tokenizer.cls_id, *ids[start : start + 6], model.tokenizer.sep_id]
        outputs.append(convert_to_numpy(model(pad([(window, len(window))], 8)))[0])
    assert len(outputs) == 1 + max(0, -(-(len(ids) - 6) // 5))
    return getattr(np.array(outputs, np.float64), pool)(axis=0)


@pytest.mark.any_backend  # tests/models/test_windows.py pools on each
@pytest.mark.parametrize(
    ("kind", "pool"), [("multi", "max"), ("regression", "mean"), ("soft", "max")]
)
def test_texts_in_windows(kind, pool, config, files, tmp_path, capsys):
    windows = {"max_length": 8, "long_text": "windows", "stride": 1, "pool": pool}
    few = {"gradient_accumulation_steps": 2, "allow": ("too-few-updates",)}
    asked = config(kind, **windows, **few)
    with killed_after(None, asked.output) as changes:
        run = train(asked, verbose=0)
    other = replace(asked, output=str(tmp_path / "other"), checkpoint_steps=1)
    with pytest.raises(Killed), killed_after(int(changes.count * 0.6), other.output):
        train(other, verbose=0)
    resumed = resume(tmp_path / "other", verbose=0)
    for name, array in load_file(run.model_folder / "model.safetensors").items():
        again = load_file(resumed.model_folder / "model.safetensors")[name]
        np.testing.assert_array_equal(array, again, err_msg=name)
    model = BertClassifier.load(run.path)
    examples = read_examples(str(files(kind)), **LABELS[kind][1])
    raw = np.array([pooled_by_hand(model, text, pool) for text in examples.texts])
    y = examples.y.astype(np.float64)
    if kind == "multi":
        expected = 1 / (1 + np.exp(-raw))
        loss = -np.mean(y * np.log(expected) + (1 - y) * np.log(1 - expected))
    elif kind == "regression":
        expected, (scale,) = raw, model.target.scale
        loss = np.mean(((raw - y) / scale) ** 2)
    else:
        expected = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
        loss = -np.mean((y * np.log(expected)).sum(axis=1))
    found = Predictor.load(run.path).predict_proba(examples.texts)
    assert model.target.differences(expected, found).max() < 1e-5
    capsys.readouterr()
    verb("evaluate", run, files(kind), "--json")
    assert json.loads(capsys.readouterr().out)["loss"] == pytest.approx(loss, rel=1e-4)


@pytest.mark.any_backend
def test_a_plain_fit_ends_with_thresholds(files, tiny_model, tmp_path, capsys):
    examples = read_examples(str(files("multi")), **LABELS["multi"][1])
    model = tiny_model(labels=examples.labels, target="multi")
    model.compile("adam")
    training, dev = examples.split(dev=0.3, seed=0)
    evaluation = EpochEvaluation(dev=model.batches(dev), model_folder=tmp_path / "model")
    model.fit(model.batches(training), epochs=2, callbacks=[evaluation], verbose=0)
    expected = best_thresholds(model.predict_proba(dev.texts), dev.y)
    assert model.target.thresholds == pytest.approx(expected, abs=1e-3)
    assert evaluation.best["dev"].thresholds == (0.5, 0.5, 0.5)
    assert BertClassifier.load(tmp_path / "model").target == model.target
    assert "which give each label its best F1 on dev" in capsys.readouterr().out
