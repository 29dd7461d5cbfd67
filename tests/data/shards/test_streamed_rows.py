"""Data sets whose rows come one by one: building stores from them, and reading them."""

import datasets
import grain
import numpy as np
import pytest

from kbert import ShardedTokenStore, read_examples
from kbert.data.raw.grain_text_set import GrainTextSet
from kbert.data.raw.text_set import read_set
from kbert.errors import InputError

TEXTS = ["a film", "good", "bad", "nothing at all", "about"]
NAMES = ["yes", "yes", "no", "no", "yes"]
ROWS = [{"text": t, "label": n} for t, n in zip(TEXTS, NAMES, strict=True)]


def hugging_face():
    return datasets.Dataset.from_list(ROWS).to_iterable_dataset()


def numbered():
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])}
    )
    numbers = [{"text": t, "label": int(n == "yes")} for t, n in zip(TEXTS, NAMES, strict=True)]
    return datasets.Dataset.from_list(numbers, features=features).to_iterable_dataset()


SETS = {
    "hugging face": hugging_face,
    "hugging face, numbers": numbered,
    "grain map": lambda: grain.MapDataset.source(ROWS),
    "grain iter": lambda: grain.MapDataset.source(ROWS).to_iter_dataset(),
    "grain tuples": lambda: grain.MapDataset.source(list(zip(TEXTS, NAMES, strict=True))),
}


@pytest.mark.parametrize("name", SETS)
def test_a_store_can_be_built_from_a_data_set(name, tokenizer, tmp_path):
    store = ShardedTokenStore.build(SETS[name](), tokenizer, tmp_path, 9, rows_per_shard=2)
    assert [store[row][0].tolist() for row in range(5)] == [
        ids for ids, _ in tokenizer.encode(TEXTS, max_length=9)
    ]
    assert [store.labels_of_rows.names[number] for number in store.labels] == NAMES
    again = ShardedTokenStore.build(SETS[name](), tokenizer, tmp_path, 9, rows_per_shard=2)
    assert again.fingerprint == store.fingerprint


@pytest.mark.parametrize("name", ["grain map", "grain tuples", "hugging face"])
def test_a_data_set_that_ends_is_read(name):
    examples = read_examples(SETS[name]())
    assert list(examples.texts) == TEXTS
    assert [examples.labels.names[number] for number in examples.label_ids] == NAMES


def test_a_stream_of_unknown_length_is_not_read():
    message = r"is read as a stream, whose number of rows is not known\. Cure: model\.fit\(data, st"
    with pytest.raises(InputError, match=message):
        read_examples(SETS["grain iter"]())


def test_an_endless_data_set_is_not_stored(tokenizer, tmp_path):
    endless = grain.MapDataset.source(ROWS).repeat()
    for source in (endless, endless.to_iter_dataset().map(dict)):
        with pytest.raises(
            InputError, match=r"grain data set never ends.*leave out its repeat\(\)"
        ):
            ShardedTokenStore.build(source, tokenizer, tmp_path, 9)
    with pytest.raises(InputError, match="is read as a stream"):
        read_examples(endless)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([5, 6], "a row must be a dict of columns, or a tuple"),
        ([{"text": "a", "label": "x"}, {"text": "b", "name": "y"}], "row 2 has different columns"),
        ([{"text": "a", "label": "x"}, {"text": " ", "label": "y"}], "row 2: the text .* is empty"),
        ([{"text": "a", "label": "x"}, {"text": "b", "label": None}], "row 2: the label .* is mis"),
        ([], "at least one row was expected"),
    ],
    ids=["numbers", "columns", "text", "label", "none"],
)
def test_invalid_rows_are_refused(rows, message, tokenizer, tmp_path):
    with pytest.raises(InputError, match=message):
        ShardedTokenStore.build(grain.MapDataset.source(rows), tokenizer, tmp_path, 9)


def taken(data, steps=None):
    elements = read_set(GrainTextSet.of(data), "steps_per_epoch", steps, 2)
    return [text for element in elements for text in element.texts]


def test_data_sets_that_fit_takes():
    source = grain.MapDataset.source(ROWS)
    assert taken(source) == TEXTS
    assert taken(source.batch(2)) == TEXTS
    assert taken(source.to_iter_dataset(), steps=2) == TEXTS[:4]
    assert taken(source.repeat(), steps=3) == [*TEXTS, TEXTS[0]]
    for stream in (source.to_iter_dataset(), source.repeat()):
        with pytest.raises(InputError, match="so `steps_per_epoch` must say how much of it"):
            taken(stream)
    assert GrainTextSet.of(grain.MapDataset.source([np.ones(3)])) is None
    assert GrainTextSet.of(TEXTS) is None
