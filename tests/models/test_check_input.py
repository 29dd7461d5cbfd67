"""What is not token ids, given to the methods of Keras."""

import keras
import numpy as np
import pandas as pd
import pytest

from kbert import (
    EpochEvaluation,
    InputError,
    PlanGuard,
    TokenStore,
    TrainingPlan,
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
    "list": TEXTS,
    "text": "good film",
    "array": np.array(TEXTS),
    "objects": np.array(TEXTS, object),
    "series": pd.Series(TEXTS),
    "frame": pd.DataFrame({"text": TEXTS}),
    "dict": {"token_ids": TEXTS},
    "pair": (TEXTS, IDS),
    "pairs": [("a", "b"), ("c", "d")],
}


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_texts_are_refused_with_the_right_call(given, model):
    assert "Cure: model.predict_texts(texts)" in refusal(model.predict, given)
    for method in (model.fit, model.evaluate):
        for labels in ((), (IDS,), (NAMES,)):
            message = refusal(method, given, *labels)
            assert "takes token ids, such as Batches, and no texts. Received: a" in message
            assert "model.batches(examples" in message
            assert "kbert.read_examples((texts, labels), labels=model.labels)" in message


def test_examples_are_refused_with_the_right_call(model, examples):
    assert "Cure: model.batches(examples, plan)" in refusal(model.fit, examples)
    assert "Cure: model.batches(examples, plan)" in refusal(model.fit, examples, examples)
    assert refusal(model.evaluate, examples).endswith("Cure: model.batches(examples)")
    assert "model.predict_texts(examples.texts)" in refusal(model.predict, examples)
    pairs = read_examples((TEXTS, TEXTS, NAMES), labels=model.labels)
    assert "(examples.texts, examples.pairs)" in refusal(model.predict, pairs)
    store = TokenStore.build(examples, model.tokenizer, 16)
    assert 'kbert.Batches(store, order="shuffled")' in refusal(model.fit, store)
    assert "Cure: kbert.Batches(store)" in refusal(model.evaluate, store)


@pytest.mark.parametrize("form", ["examples", "texts", "texts and labels"])
def test_so_are_sets_to_evaluate_on(form, model, examples):
    given = {"examples": examples, "texts": TEXTS, "texts and labels": (TEXTS, IDS)}[form]
    batches = model.batches(examples)
    message = refusal(model.fit, batches, validation_data=given)
    assert message.startswith("`validation_data` of a BertClassifier takes token ids")
    assert "Cure: model.batches(examples)" in message


def test_callbacks_name_the_right_call_too(model, examples):
    batches = model.batches(examples)
    evaluation = EpochEvaluation(dev=(TEXTS, IDS))
    message = refusal(model.fit, batches, callbacks=[evaluation], verbose=0)
    assert message.startswith("The set 'dev' of a BertClassifier takes token ids")
    guard = PlanGuard(TrainingPlan(40, batch_size=1), data=examples)
    message = refusal(model.fit, batches, callbacks=[guard], verbose=0)
    assert "PlanGuard(plan, data=model.batches(examples, plan))" in message


def test_names_of_classes_are_no_labels(model, examples):
    inputs = model.batches(examples, batch_size=4)[0][0]
    for message in (
        refusal(model.fit, inputs, NAMES),
        refusal(model.evaluate, inputs, np.array(NAMES)),
        refusal(model.fit, inputs, IDS, validation_data=(inputs, NAMES)),
    ):
        assert "Cure: model.labels.encode(labels)" in message


def test_a_tf_data_set_of_texts(model):
    tf = pytest.importorskip("tensorflow")
    data = tf.data.Dataset.from_tensor_slices((TEXTS, IDS)).batch(2)
    assert "model.batches(examples, plan)" in refusal(model.fit, data)


def test_what_keras_takes_is_taken(model, examples):
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
