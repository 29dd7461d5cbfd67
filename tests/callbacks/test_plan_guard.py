import math
import re
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kbert import (
    AdamW,
    Batches,
    Cure,
    Examples,
    Finding,
    FindingsError,
    FreshOptimizer,
    KbertError,
    PlanGuard,
    TokenStore,
    TrainingPlan,
    WarmupPolynomialDecay,
    create_optimizer,
)
from tests.callbacks.at_batch import AtBatch
from tests.callbacks.two_classes import BY_CLASS, Rows, X, Y

pytestmark = pytest.mark.keras

PLAN = TrainingPlan(96, batch_size=8, epochs=2, learning_rate=1e-3)  # 24 updates, 2 of warmup


def model_data(optimizer=None, layers=2):
    keras.utils.set_random_seed(7)
    hidden = [keras.layers.Dense(8) for _ in range(layers - 1)]
    model = keras.Sequential([keras.Input((4,)), *hidden, keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(create_optimizer(PLAN) if optimizer is None else optimizer, loss)
    return model


def fit(model, guard, *callbacks, epochs=None, **arguments):
    settings = {"x": X, "y": Y, "batch_size": 8, "verbose": 0, **arguments}
    epochs = guard.plan.epochs if epochs is None else epochs
    model.fit(epochs=epochs, callbacks=[*callbacks, guard], **settings)
    return [finding.code for finding in guard.findings]


def same_weights(model, before):
    return all(map(np.array_equal, model.get_weights(), before))


def set_rate(rate):
    def change(model):
        model.optimizer.learning_rate = rate

    return change


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"gradient_accumulation_steps": 3, "epochs": 4},
        pytest.param({"recipe": "google"}, marks=pytest.mark.any_backend),
        pytest.param({"epochs": 6, "warmup_proportion": 0.5}, marks=pytest.mark.any_backend),
    ],
    ids=["plain", "gradient_accumulation_steps", "google", "longer"],
)
def test_a_fit_as_planned_has_no_findings(changes, capsys):
    plan = replace(PLAN, **changes)
    assert fit(model_data(create_optimizer(plan)), PlanGuard(plan)) == []
    assert capsys.readouterr().out == ""


def test_a_second_fit_is_refused_and_the_cure_works():
    model, guard = model_data(), PlanGuard(PLAN)
    fit(model, guard)
    before = model.get_weights()
    with pytest.raises(
        FindingsError, match="has performed 24 updates and the plan ends at 24"
    ) as error:
        fit(model, guard)
    assert [(f.code, f.severity) for f in error.value.findings] == [("plan-ended", "error")]
    assert "FreshOptimizer(plan)" in str(error.value.findings[0].cure)
    assert 'To continue anyway: kbert.PlanGuard(plan, allow=("plan-ended",))' in str(error.value)
    assert same_weights(model, before)
    assert int(model.optimizer.iterations) == 24
    assert fit(model, guard, FreshOptimizer(PLAN)) == []
    assert not same_weights(model, before)


def test_layers_frozen_since_the_first_fit_are_refused():
    """With TensorFlow, Keras would go on training them."""
    model = model_data()
    fit(model, PlanGuard(PLAN))
    model.layers[0].trainable = False
    with pytest.raises(KbertError, match="2 variables are trainable now, 4 were then"):
        fit(model, PlanGuard(PLAN, allow=["plan-ended"]))
    model.compile(create_optimizer(PLAN), model.loss)
    before = [array.copy() for array in model.get_weights()]
    fit(model, PlanGuard(PLAN))
    after = model.get_weights()
    same = [bool((one == other).all()) for one, other in zip(before, after, strict=True)]
    assert same == [True, True, False, False]


def test_too_many_epochs_are_refused_before_a_step():
    model, guard = model_data(), PlanGuard(PLAN)
    before = model.get_weights()
    with pytest.raises(
        FindingsError, match="3 epochs but the plan has 2: .* the last 12 of this fit's 36"
    ):
        fit(model, guard, epochs=3)
    assert same_weights(model, before)
    assert [finding.code for finding in guard.findings] == ["epochs-differ"]


@pytest.mark.any_backend  # only the counts matter
def test_too_few_epochs_or_batches_are_reported(capsys):
    assert fit(model_data(), PlanGuard(PLAN), epochs=1) == ["epochs-differ"]
    assert capsys.readouterr().out.startswith("WARNING epochs-differ: fit runs 1 epoch but")
    assert fit(model_data(), PlanGuard(PLAN, verbose=0), x=X[:48], y=Y[:48]) == ["steps-differ"]
    assert capsys.readouterr().out == ""


def test_too_many_batches_are_refused():
    model = model_data()
    with pytest.raises(FindingsError, match="runs 24 batches per epoch but the plan has 12"):
        fit(model, PlanGuard(PLAN), batch_size=4)
    assert int(model.optimizer.iterations) == 0


@pytest.mark.any_backend  # only the reports matter
def test_an_allowed_error_is_a_warning(capsys):
    model = model_data()
    guard = PlanGuard(PLAN, allow=["epochs-differ"])
    assert fit(model, guard, epochs=3)[0] == "epochs-differ"
    assert guard.findings[0].severity == "warning"
    assert int(model.optimizer.iterations) == 36
    assert capsys.readouterr().out.count("WARNING epochs-differ (allowed): ") == 1


def test_allow_takes_known_codes_only():
    with pytest.raises(KbertError, match="There is no finding 'plan-end'. Known: rate-zero, "):
        PlanGuard(PLAN, allow=["plan-end"])


SHORT = TrainingPlan(96, batch_size=32, epochs=2)  # 6 updates


@pytest.mark.any_backend  # refused before the first step
def test_an_error_in_the_plan_is_refused_before_a_step(capsys):
    finding = SHORT.findings()[0]
    assert (finding.code, finding.severity) == ("too-few-updates", "error")
    model, guard = model_data(create_optimizer(SHORT)), PlanGuard(SHORT)
    with pytest.raises(FindingsError, match="changes the weights 6 times") as error:
        fit(model, guard, batch_size=32)
    assert 'To continue anyway: kbert.PlanGuard(plan, allow=("too-few-updates",))' in str(
        error.value
    )
    assert (int(model.optimizer.iterations), capsys.readouterr().out) == (0, "")
    cured = replace(SHORT, **SHORT.findings()[0].cure.settings)
    model, guard = model_data(create_optimizer(cured)), PlanGuard(cured)
    assert fit(model, guard, batch_size=cured.batch_size) == []


@pytest.mark.any_backend  # only the reports matter
def test_an_allowed_error_in_the_plan_is_reported_once(capsys):
    model, guard = model_data(create_optimizer(SHORT)), PlanGuard(SHORT, allow=["too-few-updates"])
    assert fit(model, guard, batch_size=32) == ["too-few-updates"]
    assert capsys.readouterr().out.count("WARNING too-few-updates (allowed): ") == 1
    guard = PlanGuard(SHORT, allow=["too-few-updates"])
    guard.set_shown(SHORT.findings())
    assert fit(model_data(create_optimizer(SHORT)), guard, batch_size=32) == []
    assert capsys.readouterr().out == ""


def test_an_error_is_raised_even_if_its_code_was_a_warning():
    guard = PlanGuard(PLAN)
    guard.findings = [Finding("rate-zero", "warning", "Seen.", Cure())]
    with pytest.raises(FindingsError, match="Met"):
        guard._report([Finding("rate-zero", "error", "Met.", Cure())])


def test_labels_outside_the_classes_are_refused_before_a_step():
    model = model_data()
    guard = PlanGuard(PLAN, data=(X, Y - 1))
    with pytest.raises(FindingsError, match=": -1 in row") as error:
        fit(model, guard)
    assert "labels-outside" in [finding.code for finding in error.value.findings]
    assert int(model.optimizer.iterations) == 0


def test_a_schedule_that_counts_batches_is_refused_and_the_cure_works():
    plan = replace(PLAN, epochs=4, gradient_accumulation_steps=4)

    def model_with(**arguments):
        schedule = WarmupPolynomialDecay(1e-3, plan.updates, plan.warmup_updates, **arguments)
        return model_data(AdamW(schedule, gradient_accumulation_steps=4))

    with pytest.raises(
        FindingsError, match="ends 4 times too early: .* the last 9 of this fit's 12"
    ) as e:
        fit(model_with(), PlanGuard(plan))
    assert [finding.code for finding in e.value.findings] == ["micro-steps"]
    assert "steps_per_update=4" in str(e.value.findings[0].cure)
    assert fit(model_with(steps_per_update=4), PlanGuard(plan)) == []


@pytest.mark.parametrize(
    ("rate", "update"),
    [(1e-3, 23), (keras.optimizers.schedules.PolynomialDecay(1e-3, 24, 5e-4), 0)],
    ids=["constant", "keras-schedule"],
)
def test_another_schedule_is_reported_once(rate, update, capsys):
    assert fit(model_data(AdamW(rate)), PlanGuard(PLAN)) == ["schedule-differs"]
    out = capsys.readouterr().out
    held = f"At update {update} the optimizer's learning rate is 0.001 but the plan's is"
    assert f"schedule-differs: {held}" in out
    assert out.count("schedule-differs") == out.count("\n") == 1


def test_a_rate_that_becomes_zero_is_reported(capsys):
    # Of 60 updates, number 50 is the first to be checked after the 24th.
    plan = replace(PLAN, epochs=5)
    codes = fit(model_data(AdamW(1e-3)), PlanGuard(plan), AtBatch(24, set_rate(0.0)))
    assert codes == ["schedule-differs", "rate-zero"]
    assert capsys.readouterr().out.count("rate-zero: Update 50 had learning rate 0") == 1


def test_a_rate_too_small_for_float32_is_reported():
    plan = replace(PLAN, learning_rate=1e-12)
    with pytest.raises(FindingsError, match="rate 1e-12 is far below"):
        fit(model_data(create_optimizer(plan)), PlanGuard(plan))
    guard = PlanGuard(plan, allow=["unusual-rate"])
    codes = fit(model_data(create_optimizer(plan)), guard)
    assert codes == ["unusual-rate", "weights-unchanged"]
    assert "changed none of the 2 kernels" in guard.findings[1].message


@pytest.mark.parametrize("rate", [0.1, 1e-7], ids=["too-large", "too-small"])
def test_updates_of_an_unhealthy_size_are_reported(rate):
    plan = replace(PLAN, learning_rate=rate)
    guard = PlanGuard(plan)
    assert fit(model_data(create_optimizer(plan)), guard) == ["update-ratio"]
    (finding,) = guard.findings
    changed = float(re.search(r"by (\S+) of their size", finding.message)[1])
    cure = finding.cure.settings["learning_rate"]
    # The size of an update follows the rate; 1e-3 is usual. Rates go up one step at a time.
    assert cure == pytest.approx(1e-3 / changed * rate if rate == 0.1 else 1e-6, rel=0.1)


def test_a_non_finite_loss_ends_fit_with_the_last_good_weights():
    plan = replace(PLAN, learning_rate=1e15)
    # The product of three such layers is beyond the range of float32.
    model = model_data(create_optimizer(plan), layers=3)
    guard = PlanGuard(plan, allow=["unusual-rate"])
    before = model.get_weights()
    with pytest.raises(FindingsError, match="loss is nan in epoch 1, batch .* after 0 updates"):
        fit(model, guard)
    codes = [finding.code for finding in guard.findings]
    assert codes == ["unusual-rate", "update-ratio", "loss-not-finite"]
    # A quarter of such a rate would not help.
    assert [f.cure.settings["learning_rate"] for f in guard.findings[::2]] == [5e-5, 5e-5]
    assert same_weights(model, before)


def test_good_updates_renew_the_last_good_weights():
    model, guard = model_data(AdamW(1e-3)), PlanGuard(PLAN)
    before = model.get_weights()

    def spoil(model):
        model.set_weights([np.full_like(weights, math.nan) for weights in before])

    with pytest.raises(FindingsError, match="is nan in epoch .*, update 7, at learning rate 0.001"):
        fit(model, guard, AtBatch(7, spoil))
    assert all(np.isfinite(weights).all() for weights in model.get_weights())
    assert f"the weights after {guard._weights.updates} update" in str(guard.findings[-1])
    assert guard._weights.updates in range(4)


@pytest.mark.any_backend  # only the labels matter
def test_single_class_batches_are_reported_once(capsys):
    guard = PlanGuard(PLAN, data=Rows(BY_CLASS))
    assert fit(model_data(), guard, x=Rows(BY_CLASS), y=None, batch_size=None, shuffle=False) == [
        "single-class-batches"
    ]
    assert guard.findings[0].severity == "warning"
    assert capsys.readouterr().out.count("single-class-batches: 92% of the batches hold a") == 1


def says_zero(bias=50.0):
    model = model_data()
    model.layers[-1].bias.assign([bias, -bias])
    return model


def test_a_model_that_predicts_one_class_is_reported_once(capsys):
    guard = PlanGuard(PLAN, data=(X, Y))
    assert fit(says_zero(), guard) == ["one-class-predicted"]
    held = "predicts 0 for all 8 rows of a training batch with 2 classes"
    assert capsys.readouterr().out.count(held) == 1


@pytest.mark.any_backend  # only the reports matter
def test_without_data_classes_are_not_judged():
    assert fit(says_zero(), PlanGuard(PLAN)) == []


@pytest.fixture(scope="module")
def tokens(tiny_model, sentences):
    """A classifier, and a store of 48 texts sorted by class."""
    model = tiny_model(max_length=8)
    texts, labels = (part[28:76] for part in sentences)
    examples = Examples(texts, None, model.labels.encode(labels), model.labels)
    return model, TokenStore.build(examples, model.tokenizer, 8)


@pytest.mark.parametrize(
    "order", ["given", pytest.param("shuffled", marks=pytest.mark.any_backend)]
)
def test_a_classifier_shows_the_guard_its_batches(tokens, order):
    model, store = tokens
    plan = TrainingPlan(len(store), batch_size=8, epochs=2, learning_rate=1e-4)
    model.compile(create_optimizer(plan))
    guard = PlanGuard(plan, verbose=0)
    model.fit(Batches(store, 8, order=order), epochs=2, verbose=0, callbacks=guard)
    codes = [finding.code for finding in guard.findings if finding.code != "one-class-predicted"]
    assert codes == (["single-class-batches"] if order == "given" else [])
    with pytest.raises(FindingsError, match="has performed 12 updates and the plan ends at 12"):
        model.fit(Batches(store, 8, order=order), epochs=2, verbose=0, callbacks=[guard])


@pytest.mark.any_backend  # only the name matters
def test_the_only_class_a_classifier_predicts_is_named(tokens):
    model, store = tokens
    plan = TrainingPlan(len(store), batch_size=8, epochs=2, learning_rate=1e-4)
    model.compile(create_optimizer(plan))
    model.layers[-1].bias.assign([0.0, 50.0])
    guard = PlanGuard(plan, verbose=0)
    model.fit(Batches(store, 8, order="shuffled"), epochs=2, verbose=0, callbacks=[guard])
    (finding,) = guard.findings
    assert finding.code == "one-class-predicted"
    assert finding.message.startswith("The model predicts 'good' for all 8 rows")


def test_a_fit_without_steps_is_refused():
    model, guard = model_data(), PlanGuard(PLAN)
    with pytest.raises(FindingsError, match="fit ran no step: it starts after epoch 2") as e:
        fit(model, guard, initial_epoch=2)
    assert [finding.code for finding in e.value.findings] == ["epochs-skipped"]
    forcing = PlanGuard(PLAN, allow=["epochs-skipped"])
    assert fit(model, forcing, initial_epoch=2) == ["epochs-skipped"]


def test_skipped_epochs_are_reported():
    assert fit(model_data(), PlanGuard(PLAN), initial_epoch=1) == ["epochs-skipped"]


@pytest.mark.any_backend  # only the counts matter
def test_a_fit_that_continues_after_some_epochs_is_as_planned():
    model = model_data()
    assert fit(model, PlanGuard(PLAN), epochs=1) == ["epochs-differ"]
    assert fit(model, PlanGuard(PLAN), initial_epoch=1) == []


def test_a_scaled_loss_is_guarded_too():
    model = model_data(keras.optimizers.LossScaleOptimizer(create_optimizer(PLAN)))
    guard = PlanGuard(PLAN)
    assert fit(model, guard) == []
    with pytest.raises(FindingsError, match="has performed 24 updates"):
        fit(model, guard)


def spoil(model):
    model.set_weights([np.full_like(weights, math.nan) for weights in model.get_weights()])


@pytest.mark.parametrize(
    ("at", "read_every", "stops_after", "kept"),
    [
        (7, 1, 8, 3),
        (7, 4, 11, 3),  # the first three updates are read at once
        (7, 1000, 12, 3),  # at the end of the epoch
        (1, 1000, 2, 1),  # before the second update is checked
        (14, 1000, 24, 3),
    ],
)
# The optimizer does not depend on the backend.
@pytest.mark.parametrize(
    "scaled",
    [False, pytest.param(True, marks=pytest.mark.any_backend)],
    ids=["plain", "scaled"],
)
def test_a_loss_read_later_is_reported_the_same(
    at, read_every, stops_after, kept, scaled, monkeypatch
):
    optimizer = AdamW(1e-3)
    model = model_data(keras.optimizers.LossScaleOptimizer(optimizer) if scaled else optimizer)
    guard = PlanGuard(PLAN, verbose=0, read_every=read_every)
    steps, good = [], []

    class Count(keras.callbacks.Callback):
        takes_tensors = True

        def on_train_batch_end(self, batch, logs=None):
            steps.append(batch)
            if len(steps) == kept:
                good.extend(self.model.get_weights())

    # Thus the weights are copied in each update that is checked, however long that takes.
    clock = SimpleNamespace(monotonic=lambda: 100.0)
    monkeypatch.setattr("kbert.callbacks.watches.last_good_weights.time", clock)
    epoch, batch = divmod(at, 12)
    told = f"loss is nan in epoch {epoch + 1}, batch {batch + 1}, update {at}, at learning rate 0.0"
    with pytest.raises(FindingsError, match=told) as error:
        fit(model, guard, Count(), AtBatch(at, spoil))
    assert len(steps) == stops_after
    assert f"the weights after {kept} update" in str(error.value)
    assert same_weights(model, good)


def test_a_loss_read_later_names_the_right_accumulated_update():
    plan = replace(PLAN, gradient_accumulation_steps=4, epochs=8)
    model = model_data(create_optimizer(plan))
    guard = PlanGuard(plan, verbose=0, read_every=1000)
    # 3 updates per epoch; batch 4 of the third epoch belongs to update 6.
    with pytest.raises(FindingsError, match="is nan in epoch 3, batch 4, update 6, at"):
        fit(model, guard, AtBatch(2 * 12 + 3, spoil))


def test_a_loss_that_is_a_number_is_checked_at_once():
    """Keras has already waited for the device."""
    steps = []
    count = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: steps.append(1))
    guard = PlanGuard(PLAN, verbose=0, read_every=1000)
    with pytest.raises(FindingsError, match="is nan in epoch 1, batch 8, update 7"):
        fit(model_data(AdamW(1e-3)), guard, count, AtBatch(7, spoil))
    assert len(steps) == 8


@pytest.mark.parametrize("read_every", [0, -1, 2.5, "50", True])
def test_refuses_an_invalid_read_every(read_every):
    with pytest.raises(KbertError, match="`read_every` must be a whole number, 1 or more"):
        PlanGuard(PLAN, read_every=read_every)
