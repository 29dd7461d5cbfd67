import contextlib
import json
import os
import pickle
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from pyarrow import fs

from kbert import ShardedTokenStore, read_examples
from kbert.data.reading.reading_options import ReadingOptions
from kbert.data.shards import build_shards, shard_cache
from kbert.data.shards.shard_index import tokens_name
from kbert.data.token_store import TokenStore
from kbert.errors import InputError, MachineError
from kbert.linear.labelled_rows import LabelledRows
from kbert.targets.labels import Labels
from kbert.tokenizer.tokenizer import Tokenizer


def build(chunks, tokenizer, folder, **settings):
    settings = {"max_length": 9, "rows_per_shard": 30, **settings}
    return ShardedTokenStore.build(chunks, tokenizer, folder, **settings)


@pytest.fixture
def small_pieces(monkeypatch):
    """Rows are tokenized four at a time."""
    monkeypatch.setattr(build_shards, "PIECE", 4)


def contents(store):
    return [(ids.tolist(), first) for ids, first in map(store.__getitem__, range(len(store)))]


@pytest.mark.parametrize("size", [1, 13, 30, 100])
def test_it_has_the_contents_of_a_token_store_of_the_same_rows(
    rows, chunks, tokenizer, tmp_path, size, small_pieces
):
    store = build(chunks(size), tokenizer, tmp_path / "store")
    examples = read_examples(rows)
    whole = TokenStore.build(examples, tokenizer, 9)
    assert contents(store) == contents(whole)
    assert store.lengths.tolist() == whole.lengths.tolist()
    assert store.first_lengths.tolist() == whole.first_lengths.tolist()
    # The numbers of the classes do not depend on which is met first.
    assert store.labels_of_rows == examples.labels
    assert store.labels.tolist() == examples.label_ids.tolist()
    assert [shard.rows for shard in store.index.shards] == [30, 30, 30, 10]


def test_ids_labels_and_lengths_take_few_bytes(chunks, tokenizer, tmp_path, minilm_vocab):
    store = build(chunks(), tokenizer, tmp_path / "store")
    assert (store.labels.dtype, store.lengths.dtype) == (np.uint8, np.uint8)
    assert store.index.id_type == "uint16"
    large = Tokenizer([*"abcdefgh", "[PAD]", "[UNK]", "[CLS]", "[SEP]", *map(str, range(2**16))])
    assert build(chunks(), large, tmp_path / "large").index.id_type == "int32"


@pytest.mark.parametrize(
    "given", ["file", "examples", "chunks of examples", "rows"], ids=lambda name: name
)
def test_sources_that_it_can_be_built_from(given, rows, tokenizer, tmp_path):
    texts, labels = rows
    path = tmp_path / "data.csv"
    lines = [f"{text},{label}" for text, label in zip(*rows, strict=True)]
    path.write_text("\n".join(["text,label", *lines]))
    examples = read_examples(path)
    source = {
        "file": str(path),
        "examples": examples,
        "chunks of examples": iter(
            [examples.take(np.arange(40)), examples.take(np.arange(40, 100))]
        ),
        "rows": ({"text": t, "label": n} for t, n in zip(texts, labels, strict=True)),
    }[given]
    store = build(source, tokenizer, tmp_path / "store")
    assert contents(store) == contents(TokenStore.build(examples, tokenizer, 9))
    assert store.labels.tolist() == examples.label_ids.tolist()


def test_pairs_weights_and_numbers(tokenizer, tmp_path):
    path = tmp_path / "data.jsonl"
    lines = [
        {"a": "a film", "b": "at all" if row % 2 else "good", "score": row / 4, "w": row + 0.5}
        for row in range(20)
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    reading = ReadingOptions(text="a", pair="b", label="score", target="regression", weight="w")
    store = build(str(path), tokenizer, tmp_path / "store", reading=reading, rows_per_shard=8)
    examples = reading.read(path)
    assert contents(store) == contents(TokenStore.build(examples, tokenizer, 9))
    assert store.first_lengths.tolist() == [4] * 20
    assert store.target.kind == "regression"
    np.testing.assert_array_equal(store.labels, examples.targets)
    np.testing.assert_array_equal(store.weights, examples.weights)


def test_bad_rows_are_refused_or_skipped_and_reported(tokenizer, tmp_path, capsys):
    path = tmp_path / "data.csv"
    path.write_text("text,label\na film,x\n ,y\nbad,y\nat all,\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"data\.csv, row 2 \(line 3\): the text"):
        build(str(path), tokenizer, tmp_path / "store")
    skipping = ReadingOptions(on_bad_row="skip")
    store = build(str(path), tokenizer, tmp_path / "store", reading=skipping)
    assert len(store) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert all(line.startswith("skipped: ") for line in told)


def test_several_labels_have_to_be_named(tokenizer, tmp_path):
    source = iter([{"text": "a film", "label": ["x", "y"]}, {"text": "bad", "label": []}])
    with pytest.raises(InputError, match="The set of labels is not known before the last row"):
        build(source, tokenizer, tmp_path / "a")
    source = iter([{"text": "a film", "label": ["x", "y"]}, {"text": "bad", "label": []}])
    store = build(source, tokenizer, tmp_path / "b", labels=["y", "x"])
    assert store.labels.tolist() == [[1, 1], [0, 0]]


def test_an_interrupted_build_is_resumed(chunks, tokenizer, tmp_path, small_pieces):
    def broken():
        yield from chunks(13, 78)
        raise KeyboardInterrupt

    folder = tmp_path / "store"
    with pytest.raises(KeyboardInterrupt) as stop:
        build(broken(), tokenizer, folder)
    assert (
        "2 shards with 60 rows are kept; run the same command to continue"
        in stop.value.__notes__[0]
    )
    with pytest.raises(InputError, match=r"is not complete: 60 rows are finished\. Cure: kbert"):
        ShardedTokenStore.open(folder)
    before = {file.name: file.stat().st_mtime_ns for file in folder.glob("tokens-*")}
    store = build(chunks(7), tokenizer, folder)
    assert {name: (folder / name).stat().st_mtime_ns for name in before} == before
    assert contents(store) == contents(build(chunks(), tokenizer, tmp_path / "other"))
    assert store.fingerprint == ShardedTokenStore.open(tmp_path / "other").fingerprint
    assert sorted(file.name for file in folder.iterdir()) == sorted(
        ["index.json", *(f"{kind}-0000{n}.arrow" for kind in ("rows", "tokens") for n in range(4))]
    )


def test_only_a_lost_shard_is_rebuilt(chunks, tokenizer, tmp_path):
    folder = tmp_path / "store"
    store = build(chunks(), tokenizer, folder)
    (folder / "tokens-00002.arrow").unlink()
    kept = (folder / "tokens-00001.arrow").stat().st_mtime_ns
    with pytest.raises(MachineError, match=r"tokens-00002\.arrow of .* there is no such file"):
        store[65]
    again = build(chunks(), tokenizer, folder)
    assert again.fingerprint == store.fingerprint
    assert (folder / "tokens-00001.arrow").stat().st_mtime_ns == kept
    assert again[65][0].tolist() == store[65][0].tolist()


def test_a_changed_source_is_refused(chunks, rows, tokenizer, tmp_path):
    folder = tmp_path / "store"
    build(chunks(), tokenizer, folder)
    texts, labels = rows
    other = [*texts[:40], "another", *texts[41:]]
    message = r"has changed: its rows from 31 to 60 are not those that tokens-00001\.arrow of "
    with pytest.raises(InputError, match=message):
        build(iter([(other, labels)]), tokenizer, folder)
    with pytest.raises(InputError, match=message):
        build(
            iter([(texts, [*labels[:59], "no" if labels[59] == "yes" else "yes", *labels[60:]])]),
            tokenizer,
            folder,
        )
    with pytest.raises(InputError, match="its rows from 91 to 100"):
        build(chunks(13, 95), tokenizer, folder)


def test_other_settings_are_refused(chunks, tokenizer, tmp_path):
    folder = tmp_path / "store"
    build(chunks(), tokenizer, folder)
    with pytest.raises(InputError, match=r"were made differently: max_length 9, not 8"):
        build(chunks(), tokenizer, folder, max_length=8)
    cased = Tokenizer(tokenizer.vocabulary, lowercase=False)
    with pytest.raises(InputError, match="were made differently: tokenizer"):
        build(chunks(), cased, folder)
    with pytest.raises(InputError, match="made with a tokenizer that is not the model's"):
        ShardedTokenStore.open(folder, cased)
    with pytest.raises(InputError, match=r"made with `?max_length=9`?. Received: 8"):
        ShardedTokenStore.open(folder).read_by(tokenizer, 8)


def test_more_rows_are_added_to_a_finished_store(chunks, tokenizer, tmp_path):
    build(chunks(13, 60), tokenizer, tmp_path / "store")
    store = build(chunks(), tokenizer, tmp_path / "store")
    assert contents(store) == contents(build(chunks(), tokenizer, tmp_path / "other"))


@pytest.mark.parametrize(
    ("chunk", "message"),
    [
        ((["a"], [1]), "Labels that are numbers need the names of the classes"),
        ((["a"], ["x", "y"]), r"`labels` of chunk 1 must be 1 names or whole numbers.*Received: 2"),
        ((["a"], [0.5]), "Received: other values"),
        ((["a", " "], ["x", "y"]), "texts"),
        (([5], ["x"]), "texts"),
        ("a text", "Chunk 1 must be a tuple"),
        (5, "Chunk 1 must be a tuple"),
    ],
)
def test_invalid_chunks_are_refused(chunk, message, tokenizer, tmp_path):
    with pytest.raises(InputError, match=message):
        build(iter([chunk]), tokenizer, tmp_path / "store")


def test_class_numbers_need_names(tokenizer, tmp_path):
    chunks = [(["a", "bad"], np.array([1, 0])), (["film"], np.array([1]))]
    store = build(iter(chunks), tokenizer, tmp_path / "a", labels=["yes", "no"])
    assert store.labels_of_rows == Labels(("yes", "no"))
    assert store.labels.tolist() == [1, 0, 1]
    with pytest.raises(InputError, match="below the number of labels, 2. Received: 2"):
        build(iter([(["a"], np.array([2]))]), tokenizer, tmp_path / "b", labels=["yes", "no"])


def test_a_rebuild_needs_the_same_labels(tokenizer, tmp_path):
    chunk = (["a", "bad"], np.array([1, 0]))
    store = build(iter([chunk]), tokenizer, tmp_path / "a", labels=["yes", "no"])
    again = build(iter([chunk]), tokenizer, tmp_path / "a", labels=["yes", "no"])
    assert again.fingerprint == store.fingerprint
    with pytest.raises(InputError, match="were made differently: labels"):
        build(iter([chunk]), tokenizer, tmp_path / "a", labels=["no", "yes"])


def test_nothing_to_read(tokenizer, tmp_path):
    with pytest.raises(InputError, match="at least one row"):
        build(iter([([], [])]), tokenizer, tmp_path / "a")
    with pytest.raises(InputError, match=r"There is no token store in .*: it has no index\.json"):
        ShardedTokenStore.open(tmp_path / "a")


def test_a_column_of_names_is_refused(tokenizer, tmp_path, monkeypatch):
    with pytest.raises(Exception, match="looks like an id or a text"):
        build(
            iter([([f"a{n}" for n in range(40)], [f"id {n}" for n in range(40)])]),
            tokenizer,
            tmp_path / "store",
        )


@pytest.mark.parametrize("kind", ["tokens", "rows"])
def test_changed_content_is_refused_by_file_name(kind, chunks, tokenizer, tmp_path):
    folder = tmp_path / "store"
    build(chunks(), tokenizer, folder)
    file = folder / f"{kind}-00001.arrow"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(MachineError, match=rf"{file.name} of .* is not what was written: its SHA"):
        ShardedTokenStore.open(folder)[35]
    file.write_bytes(data[:-1])
    with pytest.raises(MachineError, match=f"{file.name} of .*(bytes)"):
        ShardedTokenStore.open(folder)[35]


@pytest.mark.parametrize(
    "change",
    [
        {"shards": 5},
        {"shards": [{"rows": 3}]},
        {"max_length": "9"},
        {"target": {"kind": "none"}},
        {"format": 9},
        {"other": 1},
    ],
    ids=str,
)
def test_an_invalid_index_is_refused(change, chunks, tokenizer, tmp_path):
    folder = tmp_path / "store"
    build(chunks(), tokenizer, folder)
    file = folder / "index.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(InputError):
        ShardedTokenStore.open(folder)
    file.write_text("[1")
    with pytest.raises(InputError, match=r"index\.json is not JSON"):
        ShardedTokenStore.open(folder)


def test_other_file_systems_and_processes(chunks, tokenizer, tmp_path):
    memory = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())
    store = build(chunks(), tokenizer, "far/store", filesystem=memory)
    far = ShardedTokenStore.open(
        "far/store", tokenizer, filesystem=memory, cache=tmp_path / "cache", shuffle_window=2
    )
    near = ShardedTokenStore.open((tmp_path / "far" / "store").as_uri(), tokenizer)
    assert contents(far) == contents(near) == contents(store)
    assert sorted(file.name for file in (tmp_path / "cache" / far.fingerprint).iterdir()) == [
        f"tokens-0000{number}.arrow" for number in range(4)
    ]
    copy = pickle.loads(pickle.dumps(far))
    assert contents(copy) == contents(store)
    assert copy.shuffle_window == 2
    far.close()


def test_rows_at_hand_are_those_of_a_window(chunks, tokenizer, tmp_path):
    build(chunks(), tokenizer, tmp_path / "store", rows_per_shard=10)
    store = ShardedTokenStore.open(tmp_path / "store", shuffle_window=3)
    found = LabelledRows.from_store(store, np.arange(100.0))
    assert len({row // 10 for row in found.rows}) <= 3
    assert found.rows.tolist() == sorted(set(found.rows))
    assert found.targets.tolist() == store.labels[found.rows].tolist()
    assert found.weights.tolist() == found.rows.tolist()


@pytest.mark.parametrize(("process", "places"), [(0, [0, 1, 2]), (1, [0, 1, 2, 3]), (3, [2, 3, 4])])
def test_a_process_fetches_its_part_of_a_window(
    process, places, chunks, tokenizer, tmp_path, monkeypatch
):
    """The quarter of a five-shard window that contains its rows, and one more on each side."""
    build(chunks(), tokenizer, tmp_path / "store", rows_per_shard=10)
    store, asked = ShardedTokenStore.open(tmp_path / "store", shuffle_window=5), []
    monkeypatch.setattr(store._files, "need", lambda now, soon: asked.append((now, soon)))
    order = store.window_order(np.random.PCG64(0))
    store.serve(process, 4)
    store[int(order(np.array([0]))[0])]
    [(now, soon)] = asked
    assert now.tolist() == order.shards_of(0)[places].tolist()
    assert soon.tolist() == order.shards_of(1)[places].tolist()


def held(folder):
    """Return the bytes of the files below a folder, some of which may vanish meanwhile."""
    found = 0
    for place, _, names in os.walk(folder):  # which skips folders that are gone
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                found += os.path.getsize(os.path.join(place, name))
    return found


def test_the_cache_makes_room_for_files_being_written(chunks, tokenizer, tmp_path, monkeypatch):
    """In a cache for 2.5 shards that has one when two more arrive at once, the first has to go."""
    disk = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())
    store = build(chunks(), tokenizer, "store", filesystem=disk)
    size = max(shard.bytes for shard in store.index.shards)
    far = ShardedTokenStore.open(
        *("store",),
        filesystem=disk,
        shuffle_window=1,
        cache=tmp_path / "cache",
        cache_gb=2.5 * size / 1e9,
    )
    cache, both = far._files, threading.Barrier(2, timeout=30)
    cache._fetch(0)
    write = shard_cache.write_cache_file
    monkeypatch.setattr(
        shard_cache, "write_cache_file", lambda *given: (both.wait(), write(*given))
    )
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(cache._fetch, (1, 2)))
    names = {path.name for path in (tmp_path / "cache" / far.fingerprint).iterdir()}
    assert names == {tokens_name(1), tokens_name(2)}


def test_the_size_of_the_cache_is_bounded(chunks, tokenizer, tmp_path):
    disk = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())
    store = build(chunks(), tokenizer, "store", filesystem=disk)
    size = max(shard.bytes for shard in store.index.shards)
    one = {"filesystem": disk, "shuffle_window": 1, "cache": tmp_path / "cache"}
    far = ShardedTokenStore.open("store", cache_gb=2.5 * size / 1e9, **one)
    folder = tmp_path / "cache" / far.fingerprint
    most = 0
    order = far.window_order(np.random.PCG64(0))
    for row in order(np.arange(100)):
        assert far[int(row)][0].tolist() == store[int(row)][0].tolist()
        most = max(most, held(folder))
    far.close()
    assert most <= 3 * size  # two that are needed, and one being fetched
    with pytest.raises(InputError, match="two windows of `?shuffle_window=1`? take"):
        ShardedTokenStore.open("store", cache_gb=1.5 * size / 1e9, **one)


def test_a_file_damaged_only_in_the_cache_is_fetched_again(chunks, tokenizer, tmp_path):
    disk = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())
    store = build(chunks(), tokenizer, "store", filesystem=disk)
    folder = tmp_path / "cache" / store.fingerprint
    folder.mkdir(parents=True)
    for name in ("tokens-00000.arrow", "tokens-00001.arrow"):
        shutil.copy(tmp_path / "store" / name, folder)
    (folder / "tokens-00000.arrow").write_bytes(bytes(store.index.shards[0].bytes))
    far = ShardedTokenStore.open("store", filesystem=disk, cache=tmp_path / "cache")
    assert far[3][0].tolist() == store[3][0].tolist()
