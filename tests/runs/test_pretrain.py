"""Pretraining on unlabelled texts: a run, killed and resumed, and what uses its result."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from kills import Killed
from safetensors.numpy import load_file

from kbert import (
    BertClassifier,
    FindingsError,
    InputError,
    MachineError,
    RunCheckpoint,
    TokenStore,
    TrainConfig,
    continue_training,
    find_source,
    resume,
    train,
)
from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.config.pretrain_config import PretrainConfig
from kbert.data.masked_batches import MaskedBatches
from kbert.data.masking import Masking
from kbert.data.window_rows import WindowRows
from kbert.findings import Call
from kbert.interop.model_data import check_finite
from kbert.models.masked_language_model import MaskedLanguageModel
from kbert.models.variables import to_arrays
from kbert.runs.pretrain import pretrain
from kbert.runs.pretraining_texts import read_pretraining_texts
from kbert.runs.report_of_run import report_of_run, write_report
from kbert.runs.run_directory import RunDirectory

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def texts(sentences, tmp_path_factory):
    """A file with one text per line, some of them twice."""
    path = tmp_path_factory.mktemp("texts") / "texts.txt"
    path.write_text("\n".join([*sentences[0], *sentences[0][:9]]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def config(texts, tiny_preset, tmp_path_factory):
    return PretrainConfig(
        data=str(texts),
        output=str(tmp_path_factory.mktemp("runs") / "whole"),
        preset=str(tiny_preset),
        weights="random",
        max_length=8,
        packing="on",
        epochs=2,
        batch_size=16,
        learning_rate=1e-3,
        dev_proportion=0.2,
        checkpoint_steps=2,
        evaluate_every=4,
        allow=("too-few-updates",),
    )


@pytest.fixture(scope="module")
def finished(config):
    return pretrain(config, verbose=0)


def model_of(run):
    return load_file(run.model_folder / "model.safetensors")


def kill_in(batch, call, monkeypatch):
    """Call, and raise `Killed` before the batch of this number."""
    counts = itertools.count()
    original = RunCheckpoint.on_train_batch_begin

    def kill(self, *args, **kwargs):
        if next(counts) == batch:
            self._writer.wait()
            raise Killed
        return original(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(RunCheckpoint, "on_train_batch_begin", kill)
        with pytest.raises(Killed):
            call()


@pytest.mark.parametrize(
    "batches",
    [
        pytest.param((0,), marks=pytest.mark.any_backend, id="0"),  # it starts from scratch
        pytest.param((5, 1), id="5-1"),
    ],
)
def test_a_killed_run_ends_like_an_uninterrupted_one(
    batches, config, finished, tmp_path, monkeypatch
):
    run = RunDirectory(tmp_path / "run")
    first = replace(config, output=str(run.path))
    kill_in(batches[0], lambda: pretrain(first, verbose=0), monkeypatch)
    for batch in batches[1:]:
        kill_in(batch, lambda: resume(run.path, verbose=0), monkeypatch)
    resume(run.path, verbose=0)
    ours, theirs = (
        read_checkpoint(CheckpointStore(one.checkpoints).last()) for one in (run, finished)
    )
    assert ours.position == theirs.position
    for file, arrays in theirs.arrays.items():
        for name, array in arrays.items():
            np.testing.assert_array_equal(ours.arrays[file][name], array, err_msg=name)
    for name in ("learning_rate.csv", "evaluations.json", "model/model.safetensors"):
        assert (run.path / name).read_bytes() == (finished.path / name).read_bytes()
    assert run.record["status"] == "finished"
    assert len(run.record["resumed"]) == len(batches)


@pytest.mark.any_backend  # the run above is trained on each
def test_the_run_keeps_the_model_of_its_best_evaluation(config, finished):
    record = json.loads((finished.path / "evaluations.json").read_text(encoding="utf-8"))
    losses = [one["dev"]["loss"] for one in record["epochs"]]
    assert [(one["epoch"], one.get("batch")) for one in record["epochs"]] == [
        *((1, 4), (1, 8), (1, None), (2, 4), (2, 8), (2, None))
    ]
    best = CheckpointStore(finished.checkpoints).best()
    position = read_checkpoint(best, with_arrays=False).position
    expected = record["epochs"][int(np.argmin(losses))]
    assert (position.name.split("-")[1], record["best_epoch"]) == (
        str(expected["epoch"] - (expected.get("batch") is not None)),
        expected["epoch"],
    )
    model = MaskedLanguageModel.from_preset(str(finished))
    weights = read_checkpoint(best).arrays["model"]
    for name, array in to_arrays(model.weights).items():
        np.testing.assert_array_equal(array, weights[name], err_msg=name)
    model.compile()
    dev = read_pretraining_texts(config)["dev"]
    tokenizer = model.tokenizer.with_truncation("windows", windows=config.windows)
    store = WindowRows(TokenStore.build(dev, tokenizer, config.max_length))
    assert len(store) > len(dev)
    batches = MaskedBatches(store, Masking(model.tokenizer, config.seed), config.batch_size)
    scores = model.evaluate(batches, verbose=0, return_dict=True)
    assert scores["masked_loss"] == pytest.approx(min(losses), rel=1e-5)


@pytest.mark.any_backend  # the files are the same
def test_texts_are_cut_into_windows_that_share_rows(config, finished):
    record, written = finished.record, PretrainConfig.from_toml(finished.path / "config.toml")
    assert record["plan"]["examples"] > record["data"]["train"]["rows"]
    assert (written.packing, written.long_text, written.stride) == ("on", "windows", 0)
    assert record["unigram_loss"] > 3


@pytest.mark.any_backend  # the run above is trained on each
def test_a_model_that_has_learned_nothing_is_a_finding(config, tmp_path):
    settings = {"output": str(tmp_path / "run"), "learning_rate": 1e-6, "evaluate_every": None}
    run = pretrain(replace(config, epochs=1, dev_proportion=0.4, **settings), verbose=0)
    codes = [finding["code"] for finding in run.record["findings"]]
    assert "no-better-than-frequencies" in codes


@pytest.mark.any_backend  # the files are the same
@pytest.mark.parametrize("part", ["", "model"])
def test_a_classifier_starts_with_the_encoder(finished, part):
    model = BertClassifier.from_preset(str(finished.path / part), ["x", "y"])
    ours = to_arrays(model.backbone.weights)
    theirs = to_arrays(MaskedLanguageModel.from_preset(str(finished)).backbone.weights)
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)
        check_finite(ours[name], name, "run")


@pytest.mark.any_backend  # the files are the same
def test_train_accepts_the_run_as_its_preset(finished, reviews, tmp_path):
    run = train(
        TrainConfig(
            data=str(reviews),
            output=str(tmp_path / "run"),
            preset=str(finished),
            max_length=12,
            epochs=1,
            allow=("too-few-updates",),
            baseline="none",
        ),
        verbose=0,
    )
    assert run.record["status"] == "finished"


@pytest.mark.any_backend  # nothing is computed
def test_equal_texts_are_in_the_same_set(config):
    sets = read_pretraining_texts(config)
    train, dev = (set(sets[name].texts) for name in ("train", "dev"))
    assert train.isdisjoint(dev)
    assert len(sets["train"]) + len(sets["dev"]) == 139
    assert 0.15 < len(sets["dev"]) / 139 < 0.25


@pytest.mark.any_backend  # nothing is computed
def test_labels_beside_the_texts_are_ignored(config, tmp_path):
    path = tmp_path / "texts.csv"
    path.write_text("text,label\na good film,x\na bad film,\nno film,y\n", encoding="utf-8")
    sets = read_pretraining_texts(replace(config, data=str(path)))
    assert sum(map(len, sets.values())) == 3
    assert all(examples.label_ids is None for examples in sets.values())


@pytest.mark.any_backend  # nothing is computed
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 3}, "cannot change"),
        ({"scale_epochs": True}, "cannot change"),
        ({}, "has completed its pretraining"),
    ],
)
def test_what_a_finished_run_refuses(finished, changes, message):
    with pytest.raises(InputError, match=message):
        resume(finished.path, verbose=0, **changes)


@pytest.mark.any_backend  # nothing is computed
def test_continuing_it_as_a_classifier_is_refused(finished):
    with pytest.raises(InputError, match="pretraining"):
        continue_training(finished.path, verbose=0)


@pytest.mark.any_backend  # nothing is computed
def test_changed_texts_are_refused(config, texts, tmp_path, monkeypatch):
    own = tmp_path / "own.txt"
    own.write_text(texts.read_text(encoding="utf-8"), encoding="utf-8")
    run = tmp_path / "run"
    first = replace(config, data=str(own), output=str(run))
    kill_in(4, lambda: pretrain(first, verbose=0), monkeypatch)
    own.write_text(own.read_text(encoding="utf-8") + "One more text.\n", encoding="utf-8")
    with pytest.raises(FindingsError, match="data-differs") as refused:
        resume(run, verbose=0)
    [finding] = refused.value.findings
    assert finding.cure.values["call"] == Call("pretrain", "TEXTS", preset=str(run), output="NEW")


@pytest.mark.any_backend  # nothing is computed
@pytest.mark.parametrize(
    ("size", "cure"),
    [(16, {"batch_size": 8, "gradient_accumulation_steps": 2}), (1, {"max_length": 4})],
)
def test_a_step_that_does_not_fit_names_a_smaller_one(config, tmp_path, monkeypatch, size, cure):
    def fit(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr(MaskedLanguageModel, "fit", fit)
    run = RunDirectory(tmp_path / "run")
    with pytest.raises(MachineError, match="does not fit") as refused:
        pretrain(replace(config, output=str(run.path), batch_size=size), verbose=0)
    assert refused.value.cure.settings == cure
    assert run.record["status"] == "failed"


@pytest.mark.any_backend  # nothing is computed
def test_a_run_without_a_model_is_refused(finished, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "run.json").write_bytes((finished.path / "run.json").read_bytes())
    with pytest.raises(InputError, match="without a trained model"):
        find_source(run)


@pytest.mark.any_backend  # nothing is computed
@pytest.mark.parametrize("content", ["", "\n\n", "one text alone\n"])
def test_too_few_texts_are_refused(config, content, tmp_path):
    path = tmp_path / "few.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError):
        pretrain(replace(config, data=str(path), output=str(tmp_path / "run")), verbose=0)
    assert not (tmp_path / "run").exists()


@pytest.mark.any_backend  # nothing is computed
def test_without_dev_texts_the_last_model_is_kept(config, tmp_path):
    run = pretrain(
        replace(
            config,
            output=str(tmp_path / "run"),
            dev_proportion=0.0,
            evaluate_every=None,
            epochs=1,
        ),
        verbose=0,
    )
    assert not (run.path / "evaluations.json").exists()
    last = read_checkpoint(CheckpointStore(run.checkpoints).last()).arrays["model"]
    model = MaskedLanguageModel.from_preset(str(run))
    for name, array in to_arrays(model.weights).items():
        np.testing.assert_array_equal(array, last[name], err_msg=name)


@pytest.mark.any_backend  # a matter of files
def test_its_report_has_losses_but_no_single_rows(finished, tmp_path):
    output = tmp_path / "page.html"
    report = report_of_run(finished)
    assert report.notes == ()
    assert report.predictions is report.texts is None
    text = write_report(finished.path, output).read_text(encoding="utf-8")
    assert f'<p class="score">{report.history.best.first.loss:.4f}' in text
    assert f"--preset {finished.path}" in text


@pytest.mark.any_backend  # the run above is trained on each
def test_the_page_has_the_token_frequencies_and_the_lengths(finished):
    text = (finished.path / "report.html").read_text(encoding="utf-8")
    for expected in (
        "the frequencies of the tokens",
        "masked loss",
        "Loss by step",
        "train: tokens",
    ):
        assert expected in text
    assert not (finished.path / "model_card.md").exists()
