"""Inputs other than token ids, passed to Keras methods."""

import keras
import numpy as np
import pandas as pd
import pytest

from kbert import (
    EpochEvaluation,
    InputError,
    TokenStore,
    read_examples,
)

pytestmark = pytest.mark.keras

TEXTS = ["good film", "bad film", "fine film", "dull film"]
NAMES = ["good", "bad", "good", "bad"]
IDS = np.array([1, 0, 1, 0], np.int32)


@pytest.fixture(scope="module")
def model(tiny_model):
    model = tiny_model()
    model.compile("sgd")
    return model


@pytest.fixture
def examples(model):
    return read_examples((TEXTS, NAMES), labels=model.labels)


def refusal(method, *arguments, **settings):
    with pytest.raises(InputError) as error:
        method(*arguments, **settings)
    message = str(error.value)
    assert len(message) < 400
    return message


GIVEN = {
    "text": ("good film", "[text], for one text"),
    "bytes": (b"good film", "[text], for one text"),
    "frame": (pd.DataFrame({"text": TEXTS}), "kbert.read_examples(data, labels=model.labels"),
    "dict": ({"text": TEXTS}, "kbert.read_examples(data, labels=model.labels"),
    "inputs": ({"token_ids": TEXTS}, "kbert.read_examples(data, labels=model.labels"),
}


@pytest.mark.parametrize("form", GIVEN)
def test_texts_in_another_form_are_refused_with_the_right_call(form, model):
    given, cure = GIVEN[form]
    for method in (model.fit, model.evaluate, model.predict):
        message = refusal(method, given)
        assert "takes a list of texts, a tuple (texts, pairs), Examples, a data set" in message
        assert f"Cure: {cure}" in message
    assert "need_label=False" in refusal(model.predict, pd.DataFrame({"text": TEXTS}))


def test_a_token_store_is_refused_with_the_right_call(model, examples):
    store = TokenStore.build(examples, model.tokenizer, 16)
    assert 'kbert.Batches(store, order="shuffled")' in refusal(model.fit, store)
    assert "Cure: kbert.Batches(store)" in refusal(model.evaluate, store)
    message = refusal(model.fit, model.batches(examples), validation_data=store)
    assert message.startswith("`validation_data` of a BertClassifier takes")
    evaluation = EpochEvaluation(dev=({"text": TEXTS}, IDS))
    message = refusal(model.fit, model.batches(examples), callbacks=[evaluation], verbose=0)
    assert message.startswith("The set 'dev' of a BertClassifier takes a list of texts")


def test_a_py_dataset_of_texts_is_refused_with_the_right_call(model):
    class Set(keras.utils.PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            return np.array(TEXTS), IDS

    assert "Cure: model.fit(texts, labels), with lists" in refusal(model.fit, Set())
    assert "Cure: model.predict(texts), with lists" in refusal(model.predict, Set())


def test_class_names_as_labels_are_refused(model, examples):
    inputs = model.batches(examples, batch_size=4)[0][0]
    for message in (
        refusal(model.fit, inputs, NAMES),
        refusal(model.evaluate, inputs, np.array(NAMES)),
        refusal(model.fit, inputs, IDS, validation_data=(inputs, NAMES)),
    ):
        assert "Cure: model.labels.encode(labels)" in message


@pytest.mark.any_backend
def test_accepts_what_keras_accepts(model, examples):
    inputs = model.batches(examples, batch_size=4)[0][0]
    names = list(inputs)
    expected = model.predict(model.batches(examples), verbose=0)
    tensors = {name: keras.ops.convert_to_tensor(array) for name, array in inputs.items()}
    for given in (inputs, tensors):
        assert np.allclose(model.predict(given, verbose=0), expected, atol=1e-5)
    for given in (inputs, tensors):
        model.fit(given, IDS, verbose=0, validation_data=(given, IDS), class_weight={0: 1, 1: 2})
        model.fit(given, IDS, verbose=0, validation_data=(given, IDS, np.ones(4)))
        model.evaluate(given, IDS, 4, verbose=0)
    lists = {name: inputs[name].tolist() for name in names}
    assert not any(map(_is_refused, (lists, [1, 2], [[1, 2]], [], {}, None, (), np.float32(1))))

    class Set(keras.utils.PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            return inputs, IDS

    def generator():
        while True:
            yield inputs, IDS

    model.fit(Set(), verbose=0, validation_data=Set())
    model.fit(generator(), steps_per_epoch=1, shuffle=False, verbose=0)
    model.evaluate(Set(), verbose=0)
    tf = pytest.importorskip("tensorflow")
    data = tf.data.Dataset.from_tensor_slices((inputs, IDS)).batch(4)
    model.fit(data, shuffle=False, verbose=0, validation_data=data)


def _is_refused(given):
    from kbert.models.check_input import check_input

    try:
        check_input("fit", given)
    except InputError:
        return True
    return False
