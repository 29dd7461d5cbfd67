"""Runs whose training set is a token store in shards."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from kills import Killed
from safetensors.numpy import load_file

from kbert import (
    RunCheckpoint,
    ShardedTokenStore,
    TrainConfig,
    find_source,
    read_examples,
    resume,
    train,
)
from kbert.data.shards import shard_cache
from kbert.errors import InputError, MachineError
from kbert.runs.run_directory import RunDirectory

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]  # no backend knows where tokens come from


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
        allow=("too-few-updates",),
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


def test_a_run_that_is_killed_inside_an_epoch_ends_with_the_same_bits(
    config, whole, tmp_path, monkeypatch
):
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


def test_a_shard_that_cannot_be_fetched_stops_the_run_with_its_name(config, tmp_path, monkeypatch):
    cut = replace(config, output=str(tmp_path / "cut"))
    original, calls = shard_cache.ShardCache.file, iter(range(10**6))

    def broken(self, number):
        if next(calls) > 40:
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
        ({"dev": None}, "has no texts to set rows aside by"),
        ({"max_length": 16}, "were made with max_length=8. Received: 16"),
        ({"text": "text"}, "`text` says how a file is read"),
        ({"long_text": "tail"}, "made with another tokenizer than the model's"),
        ({"shuffle_window": 0}, "`shuffle_window` must be a whole number, 1 or more"),
        ({"shard_cache": 0.0}, "`shard_cache` must be above 0"),
        ({"data": "s3://user:secret@bucket/a"}, "A URI with a password in it"),
    ],
    ids=str,
)
def test_settings_that_are_refused(change, message, config, tmp_path):
    with pytest.raises(InputError, match=message):
        train(replace(config, output=str(tmp_path / "run"), **change))


def test_windows_of_a_file_are_refused(config, reviews, tmp_path):
    with pytest.raises(InputError, match="`shuffle_window` is for token stores, and "):
        train(replace(config, data=str(reviews), output=str(tmp_path / "run")))


def test_a_store_that_has_changed_is_another(config, whole, files, tmp_path):
    folder, _ = files
    index = folder / "store" / "index.json"
    text = index.read_text()
    index.write_text(text.replace('"vocabulary": 30522', '"vocabulary": 30523'))
    try:
        with pytest.raises(Exception, match="has changed since"):
            resume(whole.path, epochs=3)
    finally:
        index.write_text(text)
