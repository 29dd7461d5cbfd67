import numpy as np
import pytest

from kbert import ShardedTokenStore, recommend_shuffle_buffer, simulate_shuffle_buffer
from kbert.data.shards.stored_examples import NoTexts, StoredExamples
from kbert.data.shards.stored_findings import stored_findings
from kbert.data.shards.window_finding import simulate_window, window_finding
from kbert.errors import InputError

ROWS, CLASSES = 2000, 4


@pytest.fixture(scope="module")
def store_of(tokenizer, tmp_path_factory):
    """A function that returns a store of rows with these classes, 50 per shard."""

    def make(labels, window=16):
        names = [f"class {number}" for number in labels]
        chunks = iter([(["a film"] * len(names), names)])
        folder = tmp_path_factory.mktemp("store")
        ShardedTokenStore.build(chunks, tokenizer, folder, 9, rows_per_shard=50)
        return ShardedTokenStore.open(folder, shuffle_window=window)

    return make


@pytest.fixture(scope="module")
def sorted_store(store_of):
    return store_of(np.sort(np.arange(ROWS) % CLASSES), window=2)


def test_sorted_rows_need_a_larger_window(sorted_store):
    finding = window_finding(sorted_store, 32)
    assert (finding.code, finding.severity) == ("window-uneven", "warning")
    assert "in windows of 2 of 40 shards" in finding.message
    assert finding.values["classes"] < 2.1
    assert finding.values["all"] == pytest.approx(4, abs=0.05)
    # The cure makes the finding disappear.
    sorted_store.shuffle_window = finding.cure.settings["shuffle_window"]
    assert window_finding(sorted_store, 32) is None
    sorted_store.shuffle_window = 2


def test_a_window_is_measured_like_a_shuffle_buffer(sorted_store):
    labels = sorted_store.labels.astype(np.int64)
    full = simulate_window(sorted_store, 40, 32)
    other = simulate_shuffle_buffer(labels, ROWS, 32)
    assert full.unevenness == pytest.approx(other.unevenness, rel=0.15)
    # A window of one shard holds one class; so does a batch in file order.
    assert simulate_window(sorted_store, 1, 25).unevenness == pytest.approx(0.75)
    assert simulate_shuffle_buffer(labels, 1, 25).unevenness == pytest.approx(0.75)
    assert recommend_shuffle_buffer(labels) > 1000


def test_rows_in_random_order_have_no_finding(store_of):
    random = np.random.default_rng(0).integers(0, CLASSES, ROWS)
    assert window_finding(store_of(random, window=2), 32) is None
    assert stored_findings(StoredExamples.of(store_of(random)), 32) == []


def test_a_window_of_all_shards_has_no_finding(sorted_store):
    sorted_store.shuffle_window = 40
    assert window_finding(sorted_store, 32) is None
    sorted_store.shuffle_window = 2


def test_the_labels_are_inspected_too(store_of):
    rare = np.zeros(300, int)
    rare[7] = 1
    codes = [finding.code for finding in stored_findings(StoredExamples.of(store_of(rare)), 32)]
    assert set(codes) == {"imbalance", "rare-class"}
    with pytest.raises(InputError, match="every row has the label 'class 0'"):
        stored_findings(StoredExamples.of(store_of(np.zeros(60, int))), 32)


def test_stored_examples_have_no_texts(sorted_store):
    examples = StoredExamples.of(sorted_store)
    assert isinstance(examples.texts, NoTexts)
    assert len(examples.texts) == ROWS
    assert examples.fingerprint == sorted_store.fingerprint
    for look in (
        lambda: examples.texts[0],
        lambda: examples.texts[:2],
        lambda: list(examples.texts),
    ):
        with pytest.raises(InputError, match="is a token store, which has no texts"):
            look()
