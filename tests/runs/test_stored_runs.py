"""Runs whose training set is a token store in shards."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from kills import Killed
from safetensors.numpy import load_file

from kbert import (
    FindingsError,
    RunCheckpoint,
    ShardedTokenStore,
    TrainConfig,
    continue_training,
    find_source,
    read_examples,
    resume,
    train,
)
from kbert.data.shards import shard_cache
from kbert.errors import InputError, MachineError
from kbert.runs.run_directory import RunDirectory

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]  # independent of the backend


@pytest.fixture(scope="module")
def files(reviews, tiny_preset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    tokenizer = find_source(str(tiny_preset)).tokenizer()
    store = ShardedTokenStore.build(
        str(reviews), tokenizer, folder / "store", max_length=8, rows_per_shard=20
    )
    with (folder / "dev.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        examples = read_examples(reviews)
        names = [examples.labels.names[number] for number in examples.label_ids]
        writer.writerow(["text", "label"])
        writer.writerows(list(zip(examples.texts, names, strict=True))[::9])
    return folder, store


@pytest.fixture(scope="module")
def config(files, tiny_preset):
    folder, _ = files
    return TrainConfig(
        data=str(folder / "store"),
        dev=str(folder / "dev.csv"),
        output=str(folder / "whole"),
        preset=str(tiny_preset),
        weights="random",
        max_length=8,
        epochs=1,
        baseline="none",
        batch_size=8,
        learning_rate=1e-3,
        shuffle_window=2,
        checkpoint_steps=2,
        packing="off",
        report=False,
        allow=("too-few-updates", "dev-overlap"),
    )


@pytest.fixture(scope="module")
def whole(config):
    return train(config)


def weights_of(run):
    return load_file(RunDirectory(run).model_folder / "model.safetensors")


def test_a_run_records_what_it_trained_on(files, whole):
    _, store = files
    record = whole.record
    assert record["data"]["train"]["sha256"] == store.fingerprint
    assert record["data"]["train"]["rows"] == len(store)
    assert record["order_version"] == 2
    assert record["labels"] == list(store.labels_of_rows.names)


def test_dev_rows_in_the_store_are_found_by_their_tokens(config, tmp_path):
    refused = replace(config, output=str(tmp_path / "run"), allow=("too-few-updates",))
    message = r"\(100.0%\) also occur in the training set.* or make the store without them"
    with pytest.raises(FindingsError, match=message):
        train(refused)
    assert not (tmp_path / "run").exists()


def test_file_settings_apply_to_the_dev_file(config, files, tmp_path):
    """A store has no columns; the dev file may have any."""
    dev = tmp_path / "dev.csv"
    with (files[0] / "dev.csv").open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    with dev.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([("Kommentar", "Kategorie"), *rows])
    german = {"delimiter": ";", "text": "Kommentar", "label": "Kategorie"}
    own = replace(config, output=str(tmp_path / "run"), dev=str(dev), **german)
    assert train(own).record["data"]["dev"]["rows"] == len(rows)
    with pytest.raises(InputError, match="sets how a file is read, but .*store is a token store"):
        train(replace(config, output=str(tmp_path / "b"), dev=None, dev_proportion=0, **german))


def test_a_run_on_a_store_can_continue_on_a_file(whole, reviews, tmp_path):
    """The shuffle window of shards is not kept for the file."""
    child = continue_training(
        whole.path, tmp_path / "child", data=str(reviews), allow=("too-few-updates", "dev-overlap")
    )
    assert child.record["status"] == "finished"
    assert TrainConfig.from_toml(child.path / "config.toml").shuffle_window == 16


def test_a_run_killed_inside_an_epoch_ends_with_the_same_bits(config, whole, tmp_path, monkeypatch):
    cut, counts = replace(config, output=str(tmp_path / "cut")), iter(range(10**6))
    original = RunCheckpoint.on_train_batch_begin

    def kill(self, *args, **kwargs):
        if next(counts) == 5:
            self._writer.wait()
            raise Killed
        return original(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(RunCheckpoint, "on_train_batch_begin", kill)
        with pytest.raises(Killed):
            train(cut)
    resume(cut.output)
    for name, array in weights_of(whole.path).items():
        np.testing.assert_array_equal(weights_of(cut.output)[name], array)


def test_an_unavailable_shard_stops_the_run_and_is_named(config, tmp_path, monkeypatch):
    cut = replace(config, output=str(tmp_path / "cut"))
    original, last = shard_cache.ShardCache.file, tmp_path / "cut" / "checkpoints" / "last"

    def broken(self, number):
        if last.exists():
            raise MachineError("tokens-{n} of the store cannot be read.", n=number)
        return original(self, number)

    with monkeypatch.context() as patch:
        patch.setattr(shard_cache.ShardCache, "file", broken)
        with pytest.raises(MachineError, match="tokens-") as error:
            train(cut)
    assert "resume" in "".join(error.value.__notes__)
    assert resume(cut.output).record["status"] == "finished"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dev": None}, "has no texts by which to set rows aside"),
        ({"max_length": 16}, "were made with max_length=8. Received: 16"),
        ({"long_text": "tail"}, "made with a tokenizer that is not the model's"),
        ({"shuffle_window": 0}, "`shuffle_window` must be a whole number, 1 or more"),
        ({"shard_cache": 0.0}, "`shard_cache` must be above 0"),
        ({"data": "s3://user:secret@bucket/a"}, "A URI with a password in it"),
    ],
    ids=str,
)
def test_invalid_settings_are_refused(change, message, config, tmp_path):
    with pytest.raises(InputError, match=message):
        train(replace(config, output=str(tmp_path / "run"), **change))


def test_a_shuffle_window_for_a_file_is_refused(config, reviews, tmp_path):
    with pytest.raises(InputError, match="`shuffle_window` is for token stores, but "):
        train(replace(config, data=str(reviews), output=str(tmp_path / "run")))


def test_a_changed_store_is_refused(config, whole, files, tmp_path):
    folder, _ = files
    index = folder / "store" / "index.json"
    text = index.read_text()
    index.write_text(text.replace('"vocabulary": 30522', '"vocabulary": 30523'))
    try:
        with pytest.raises(Exception, match="has changed since"):
            resume(whole.path, epochs=3)
    finally:
        index.write_text(text)
