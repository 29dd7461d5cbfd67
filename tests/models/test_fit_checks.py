"""What BertClassifier.fit refuses before its first step."""

import keras
import numpy as np
import pytest

from kbert import (
    Batches,
    Examples,
    FindingsError,
    FreshOptimizer,
    KbertError,
    PlanGuard,
    TokenStore,
    TrainingPlan,
    create_optimizer,
)
from kbert.data.segment import Segment
from kbert.models.state_of_fit import state_of_fit
from kbert.plans.fit_findings import unguarded_finding

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


@pytest.mark.any_backend  # only the counts matter
@pytest.mark.parametrize("steps", [1, 4, 5, 7, 20])
def test_an_epoch_must_be_a_whole_pass(model, steps):
    data = batches(model)
    before = model.get_weights()
    with pytest.raises(
        KbertError, match=f"has 6 steps: with steps_per_epoch={steps} .*Cure: leave"
    ):
        model.fit(data, epochs=3, steps_per_epoch=steps, verbose=0)
    with pytest.raises(KbertError, match=f"has 6 steps: with validation_steps={steps}"):
        model.fit(data, validation_data=batches(model), validation_steps=steps, verbose=0)
    assert all(map(np.array_equal, model.get_weights(), before))


@pytest.mark.any_backend  # only the counts matter
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


@pytest.mark.any_backend  # only the labels matter
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


def planned(model, epochs=2):
    """Compile for a plan, and return it with its batches."""
    plan = TrainingPlan(examples=len(TEXTS), batch_size=4, epochs=epochs)
    model.compile(create_optimizer(plan))
    return plan, batches(model)


def test_a_second_fit_that_does_nothing_says_so(model, capsys):
    plan, data = planned(model)
    model.fit(data, epochs=plan.epochs, verbose=0)
    assert capsys.readouterr().out == ""
    before = model.get_weights()
    model.fit(data, epochs=plan.epochs, verbose=0)
    told = capsys.readouterr().out
    assert told.startswith(
        "WARNING plan-ended: The optimizer has performed 12 updates and the plan ends at 12: every "
        "further update has learning rate 0 and changes nothing. Cure: "
    )
    assert "kbert.FreshOptimizer(plan)" in told
    assert all(map(np.array_equal, model.get_weights(), before))


@pytest.mark.parametrize("batches_per_update", [1, 2])
def test_a_fit_longer_than_its_schedule_says_so(model, capsys, batches_per_update):
    """Keras's own schedule counts batches."""
    schedule = keras.optimizers.schedules.PolynomialDecay(1e-3, 12, end_learning_rate=0.0)
    accumulation = None if batches_per_update == 1 else batches_per_update
    for epochs in (2, 3):
        assert capsys.readouterr().out == ""
        model.compile(keras.optimizers.AdamW(schedule, gradient_accumulation_steps=accumulation))
        model.fit(batches(model), epochs=epochs, verbose=0)
    end, updates = 12 // batches_per_update, 18 // batches_per_update
    assert (
        f"rate-zero: The optimizer has performed 0 updates and its schedule ends at {end}: the "
        f"learning rate is 0 in the last {updates - end} of this fit's {updates} updates."
    ) in capsys.readouterr().out


@pytest.mark.any_backend  # only the callbacks matter
def test_with_a_guard_only_the_guard_reports(model, capsys):
    plan, data = planned(model)
    model.fit(data, epochs=plan.epochs, verbose=0)
    model.fit(data, epochs=plan.epochs, verbose=0, callbacks=[FreshOptimizer(plan)])
    assert capsys.readouterr().out == ""
    model.fit(
        data, epochs=plan.epochs, verbose=0, callbacks=[PlanGuard(plan, allow=["plan-ended"])]
    )
    assert capsys.readouterr().out.count("plan-ended") == 1


@pytest.mark.any_backend  # only the counts matter
def test_a_fit_resumed_inside_an_epoch_counts_the_rest_only(model):
    plan, data = planned(model)
    model.optimizer.iterations.assign(4)
    data.resume_at(0, [Segment(4, 4)])
    params = {"epochs": plan.epochs, "steps": 6}
    assert unguarded_finding(state_of_fit(model.optimizer, params, 0, data)) is None
    whole = unguarded_finding(state_of_fit(model.optimizer, params, 0, batches(model)))
    assert whole.code == "rate-zero"


@pytest.mark.any_backend  # only the schedule matters
def test_a_rate_that_ends_above_zero_is_not_reported(model, capsys):
    plan = TrainingPlan(examples=len(TEXTS), batch_size=4, epochs=1, end_learning_rate=1e-6)
    model.compile(create_optimizer(plan))
    for _ in range(3):
        model.fit(batches(model), epochs=1, verbose=0)
    assert capsys.readouterr().out == ""
