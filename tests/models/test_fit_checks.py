"""What BertClassifier.fit refuses before its first step."""

import keras
import numpy as np
import pytest

from kbert import Batches, Examples, FindingsError, KbertError, PlanGuard, TokenStore, TrainingPlan

pytestmark = pytest.mark.keras

TEXTS = ["good film", "bad film", "a film"] * 8
LABELS = np.array([1, 0, 1] * 8, np.int32)


@pytest.fixture
def model(tiny_model):
    model = tiny_model()
    model.compile("sgd")
    return model


def batches(model, labels=LABELS, size=4, order="shuffled"):
    store = TokenStore.build(Examples(TEXTS, None, labels), model.tokenizer, 16)
    return Batches(store, size, order=order)


def arrays(model, labels=LABELS):
    inputs = [batches(model, size=24, order="given")[0][0]]
    return inputs[0], labels


@pytest.mark.any_backend  # a matter of the counts
@pytest.mark.parametrize("steps", [1, 4, 5, 7, 20])
def test_an_epoch_is_a_whole_pass(model, steps):
    data = batches(model)
    before = model.get_weights()
    with pytest.raises(
        KbertError, match=f"has 6 steps: with steps_per_epoch={steps} .*Cure: leave"
    ):
        model.fit(data, epochs=3, steps_per_epoch=steps, verbose=0)
    with pytest.raises(KbertError, match=f"has 6 steps: with validation_steps={steps}"):
        model.fit(data, validation_data=batches(model), validation_steps=steps, verbose=0)
    assert all(map(np.array_equal, model.get_weights(), before))


@pytest.mark.any_backend  # a matter of the counts
def test_the_steps_of_a_whole_pass_are_allowed(model):
    data = batches(model)
    seen = []
    data_make = data._make
    data._make = lambda index: (seen.append((data.epoch, index)), data_make(index))[1]
    model.fit(
        *(data,),
        epochs=3,
        steps_per_epoch=6,
        validation_data=batches(model),
        validation_steps=6,
        verbose=0,
    )
    assert {(epoch, index) for epoch in range(3) for index in range(6)} <= set(seen)
    model.fit(*arrays(model), steps_per_epoch=1, verbose=0)


WRONG = {
    "none": (np.where(LABELS == 1, -1, 0), "16 of 24 .* -1 in row 0"),
    "from-one": (LABELS + 1, "from 0 to 1, .*: 2 in row 0"),
    "fractions": (LABELS + 0.5, "24 of 24 training labels .*: 1.5"),
    "nan": (np.where(LABELS == 1, np.nan, 0.0), ": nan in row 0"),
    "column": (LABELS[:, None] + 1, ": 2 in row 0"),
    "list": ((LABELS + 1).tolist(), ": 2 in row 0"),
}


@pytest.mark.parametrize("case", WRONG)
def test_labels_outside_the_classes_are_refused(case, model):
    labels, message = WRONG[case]
    before = model.get_weights()
    with pytest.raises(FindingsError, match=message) as error:
        model.fit(*arrays(model, labels), verbose=0)
    assert [finding.code for finding in error.value.findings] == ["labels-outside"]
    data = arrays(model)
    with pytest.raises(FindingsError, match="validation labels"):
        model.fit(*data, validation_data=(data[0], labels), verbose=0)
    assert all(map(np.array_equal, model.get_weights(), before))


def test_labels_of_batches_outside_the_classes_are_refused(model):
    with pytest.raises(FindingsError, match="16 of 24 training labels .*: 2 in row 0"):
        model.fit(batches(model, LABELS * 2), verbose=0)
    with pytest.raises(FindingsError, match="validation labels"):
        model.fit(batches(model), validation_data=batches(model, LABELS * 2), verbose=0)


def test_batches_without_labels_are_refused(model):
    with pytest.raises(KbertError, match="no labels to train on"):
        model.fit(batches(model, None), verbose=0)


@pytest.mark.any_backend
def test_labels_of_any_kind_inside_the_classes(model):
    for labels in (LABELS, LABELS[:, None], LABELS.astype(bool), LABELS * 1.0, LABELS.tolist()):
        inputs, labels = arrays(model, labels)
        model.compile("sgd")  # TensorFlow traces a step for labels of one shape
        model.fit(inputs, np.asarray(labels), verbose=0)


@pytest.mark.any_backend  # a matter of the labels
def test_an_ignored_label_and_another_loss_are_not_judged(tiny_model):
    model = tiny_model()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    model.compile("sgd", loss)
    model.fit(*arrays(model, np.where(LABELS == 1, -1, 0)), verbose=0)
    model.compile("sgd", "mse")
    model.fit(*arrays(model, np.full((24, 2), 7.5)), verbose=0)


def test_the_guard_sees_other_data_sets(model):
    class Other(keras.utils.PyDataset):
        def __len__(self):
            return 6

        def __getitem__(self, index):
            inputs, labels = batches(model, order="given")[index]
            return inputs, labels + 1

    plan = TrainingPlan(24, batch_size=4, epochs=2)
    with pytest.raises(FindingsError, match="labels-outside|not whole numbers from 0 to 1"):
        model.fit(Other(), epochs=2, verbose=0, callbacks=[PlanGuard(plan)])
    assert int(model.optimizer.iterations) == 0
