"""Data sets of texts from tf.data, torch, Hugging Face and generators."""

import datasets
import pytest

from kbert.data.raw.find_text_set import find_text_set
from kbert.data.raw.text_set import batch_rows, read_set
from kbert.errors import InputError

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]  # torch and TensorFlow take seconds

TEXTS = ["a", "b", "c", "d", "e"]
IDS = [0, 1, 0, 1, 1]


def rows(data, steps=None, batch_size=2):
    found, given = find_text_set(data)
    assert found is not None
    assert given is data
    elements = read_set(found, "steps_per_epoch", steps, batch_size)
    texts = [t.decode() if isinstance(t, bytes) else t for e in elements for t in e.texts]
    labels = [label for element in elements for label in element.labels or ()]
    return texts, labels, batch_rows(found, elements)


def tf_set(*parts):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(parts if len(parts) > 1 else parts[0])


def loader(data, **settings):
    from torch.utils.data import DataLoader

    return DataLoader(data, **settings)


def test_tf_data():
    assert rows(tf_set(TEXTS, IDS)) == (TEXTS, IDS, None)
    assert rows(tf_set(TEXTS, IDS).batch(2)) == (TEXTS, IDS, 2)
    assert rows(tf_set(TEXTS).batch(3)) == (TEXTS, [], 3)
    assert rows(tf_set({"text": TEXTS, "label": IDS}).batch(2)) == (TEXTS, IDS, 2)
    assert rows(tf_set({"text": TEXTS}, IDS).batch(2)) == (TEXTS, IDS, 2)
    assert rows(tf_set(TEXTS, IDS).repeat(2).batch(2)) == (TEXTS * 2, IDS * 2, 2)
    texts, labels, _ = rows(tf_set(TEXTS, IDS).shuffle(5))
    assert sorted(zip(texts, labels, strict=True)) == sorted(zip(TEXTS, IDS, strict=True))
    assert find_text_set(tf_set([1, 2], IDS[:2]))[0] is None
    assert find_text_set(tf_set([1, 2], ["x", "y"]))[0] is None


def test_tf_data_without_a_known_end():
    endless = tf_set(TEXTS, IDS).repeat()
    with pytest.raises(InputError, match="never ends, so `steps_per_epoch` must say how much"):
        rows(endless)
    assert rows(endless.batch(2), steps=3) == ([*TEXTS, "a"], [*IDS, 0], 2)
    assert rows(endless, steps=3) == ([*TEXTS, "a"], [*IDS, 0], None)
    with pytest.raises(InputError, match="has no known end"):
        rows(tf_set(TEXTS, IDS).filter(lambda text, label: label < 2))


def test_loaders():
    import torch

    pairs = list(zip(TEXTS, IDS, strict=True))
    for shuffle in (False, True):
        before = torch.get_rng_state()
        assert rows(loader(pairs, batch_size=2, shuffle=shuffle)) == (TEXTS, IDS, 2)
        assert torch.equal(before, torch.get_rng_state())
    assert rows(loader(pairs, batch_size=None)) == (TEXTS, IDS, None)
    assert rows(loader(TEXTS, batch_size=2)) == (TEXTS, [], 2)
    named = [{"text": text, "label": number} for text, number in pairs]
    assert rows(loader(named, batch_size=3)) == (TEXTS, IDS, 3)
    assert not find_text_set(loader(pairs, batch_size=2))[0].drop_remainder
    assert find_text_set(loader(pairs, batch_size=2, drop_last=True))[0].drop_remainder
    subset = torch.utils.data.SubsetRandomSampler([3, 1])
    assert rows(loader(pairs, batch_size=2, sampler=subset)) == (["d", "b"], [1, 1], 2)
    assert find_text_set(loader(IDS, batch_size=2))[0] is None


def test_loaders_that_draw():
    import torch

    pairs = list(zip(TEXTS, IDS, strict=True))
    sampler = torch.utils.data.WeightedRandomSampler([0, 1, 0, 0, 0], 8)
    drawn = loader(pairs, batch_size=2, sampler=sampler)
    with pytest.raises(InputError, match="draws its rows by a WeightedRandomSampler"):
        rows(drawn)
    assert rows(drawn, steps=3) == (["b"] * 6, [1] * 6, 2)

    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return iter(pairs)

    with pytest.raises(InputError, match="The DataLoader has no known end"):
        rows(loader(Stream(), batch_size=2))
    assert rows(loader(Stream(), batch_size=2), steps=2) == (TEXTS[:4], IDS[:4], 2)


def test_hugging_face_data_sets():
    # These class numbers differ from the model's.
    features = {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["y", "x"])}
    data = datasets.Dataset.from_dict(
        {"text": TEXTS, "label": IDS}, features=datasets.Features(features)
    )
    names = ["y", "x", "y", "x", "x"]
    assert rows(data) == (TEXTS, names, None)
    assert rows(data, steps=2) == (TEXTS[:4], names[:4], None)
    assert rows(loader(data, batch_size=2, shuffle=True)) == (TEXTS, names, 2)
    stream = data.to_iterable_dataset()
    with pytest.raises(InputError, match="The data set is read as a stream"):
        rows(stream)
    assert rows(stream, steps=2) == (TEXTS[:4], names[:4], None)
    with pytest.raises(InputError, match="several splits"):
        rows(datasets.DatasetDict({"train": data}))


def test_generators():
    def generator():
        yield TEXTS[:2], IDS[:2]
        yield TEXTS[2:], IDS[2:]

    assert rows(generator(), steps=9) == (TEXTS, IDS, 2)
    assert rows(zip(TEXTS, IDS, strict=True), steps=2) == (TEXTS[:4], IDS[:4], None)
    assert rows(iter(TEXTS), steps=9) == (TEXTS, [], None)
    found, restored = find_text_set(iter([([1, 2], 0), ([3, 4], 1)]))
    assert found is None
    assert list(restored) == [([1, 2], 0), ([3, 4], 1)]
