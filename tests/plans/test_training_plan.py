"""Steps, against the figures of google-research/bert and against what must hold for any plan."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kbert.errors import InputError, KbertError
from kbert.findings import findings_table
from kbert.plans.training_plan import TrainingPlan

FORMATS = Path(__file__).parents[1] / "data" / "formats"
MRPC = TrainingPlan(examples=3668, learning_rate=2e-5, recipe="google")


@pytest.mark.parametrize(
    ("examples", "epochs", "google", "recommended"),
    [
        # N, W, batches per epoch, batches; Google's N comes from an unrounded epoch.
        (3668, 3, (343, 34, 114, 342), (345, 34, 115, 345)),
        (392_702, 2, (24_543, 2454, 12_271, 24_542), (24_544, 2454, 12_272, 24_544)),
        (8551, 3, (801, 80, 267, 801), (804, 80, 268, 804)),
        (32, 1, (1, 0, 1, 1), (1, 0, 1, 1)),
        (64, 5, (10, 1, 2, 10), (10, 1, 2, 10)),
    ],
    ids=["MRPC", "XNLI", "CoLA", "one batch", "whole batches"],
)
def test_steps(examples, epochs, google, recommended):
    for recipe, expected in (("google", google), ("recommended", recommended)):
        plan = TrainingPlan(examples=examples, epochs=epochs, recipe=recipe)
        found = (plan.updates, plan.warmup_updates, plan.steps_per_epoch, plan.batches)
        assert found == expected
        assert plan.drop_remainder == (recipe == "google")


@pytest.mark.parametrize(
    ("recipe", "gradient_accumulation_steps", "updates"),
    [
        *(("recommended", 1, 345), ("recommended", 2, 172), ("recommended", 345, 1)),
        *(("google", 1, 343), ("google", 2, 171), ("google", 4, 85)),
    ],
)
def test_accumulation(recipe, gradient_accumulation_steps, updates):
    plan = replace(MRPC, recipe=recipe, gradient_accumulation_steps=gradient_accumulation_steps)
    assert plan.updates == updates
    assert plan.steps_per_epoch == (115 if recipe == "recommended" else 114)


@pytest.mark.parametrize(
    ("update", "rate"),
    [(0, 0), (33, 1.94118e-5), (34, 1.80175e-5), (342, 5.831e-8), (343, 0), (9999, 0)],
)
def test_the_rates_of_mrpc(update, rate):
    assert MRPC.learning_rate_at(update) == pytest.approx(rate, rel=1e-4, abs=1e-15)


def test_the_recommended_rates_have_no_jump_and_no_zero():
    rates = replace(MRPC, recipe="recommended").learning_rate_at(np.arange(346))
    assert rates[0] == pytest.approx(2e-5 / 35)
    assert rates.argmax() == 34
    assert rates.max() == 2e-5
    assert abs(np.diff(rates[:345])).max() <= rates[0] * (1 + 1e-9)
    assert rates[:345].min() > 0
    assert rates[345] == 0


@given(
    examples=st.integers(1, 2000),
    batch_size=st.integers(1, 300),
    epochs=st.integers(1, 9),
    warmup=st.floats(0, 1, exclude_max=True),
    gradient_accumulation_steps=st.integers(1, 12),
    power=st.floats(0.5, 3),
    recipe=st.sampled_from(["recommended", "google"]),
)
@settings(deadline=None)
def test_every_accepted_plan_trains(
    examples, batch_size, epochs, warmup, gradient_accumulation_steps, power, recipe
):
    try:
        plan = TrainingPlan(
            examples=examples,
            batch_size=batch_size,
            epochs=epochs,
            warmup_proportion=warmup,
            gradient_accumulation_steps=gradient_accumulation_steps,
            power=power,
            recipe=recipe,
        )
    except KbertError:
        each = examples // batch_size if recipe == "google" else -(-examples // batch_size)
        assert each * epochs < gradient_accumulation_steps or each == 0
        return
    # The updates that an accumulating optimizer performs.
    made = plan.batches // plan.gradient_accumulation_steps
    assert 1 <= made <= plan.updates
    assert 0 <= plan.warmup_updates < plan.updates
    rates = plan.learning_rate_at(np.arange(made))
    assert rates.max() <= plan.learning_rate
    if recipe == "recommended":
        assert made == plan.updates
        assert rates.min() > 0
        assert plan.learning_rate_at(made) == 0


def test_an_accepted_plan_has_at_least_one_update():
    """63 / (32 * 5) * 3 is above 1, yet 3 batches of 32 are fewer than the 5 of an update."""
    with pytest.raises(KbertError, match="3 batches cannot fill an update of 5"):
        TrainingPlan(
            examples=63, batch_size=32, epochs=3, gradient_accumulation_steps=5, recipe="google"
        )


def test_no_update_comes_after_the_end_of_the_decay():
    """61 / (1 * 7) * 7 is 60.99999999999999 as a float, and 61 updates are run."""
    plan = TrainingPlan(
        examples=61, batch_size=1, epochs=7, gradient_accumulation_steps=7, recipe="google"
    )
    assert plan.batches // plan.gradient_accumulation_steps == 61
    assert plan.updates == 61
    assert plan.learning_rate_at(60) > 0


@pytest.mark.parametrize(
    ("changes", "held"),
    [
        *(
            ({name: 0}, f"`{name}` must be a whole number, 1 or more")
            for name in (
                *("examples", "batch_size", "epochs", "gradient_accumulation_steps"),
                "devices",
            )
        ),
        ({"epochs": 2.5}, "`epochs` must be a whole number, 1 or more. Received: 2.5"),
        ({"epochs": True}, "Received: True"),
        ({"batch_size": "32"}, "Received: '32'"),
        ({"learning_rate": 0.0}, "`learning_rate` must be above 0 (5e-5 is usual)"),
        ({"learning_rate": float("nan")}, "Received: nan"),
        ({"learning_rate": float("inf")}, "Received: inf"),
        ({"warmup_proportion": 1.0}, "`warmup_proportion` must be from 0 to below 1"),
        ({"warmup_proportion": -0.1}, "Received: -0.1"),
        ({"warmup_proportion": float("nan")}, "Received: nan"),
        ({"end_learning_rate": 1.0}, "`end_learning_rate` must lie between 0 and"),
        ({"end_learning_rate": -1e-9}, "Received: -1e-09"),
        ({"power": 0.0}, "`power` must be above 0"),
        ({"power": float("nan")}, "Received: nan"),
        ({"recipe": "fast"}, "`recipe` must be"),
        ({"examples": 31}, "31 examples do not fill a batch of 32"),
        (
            {
                "examples": 31,
                "recipe": "recommended",
                "epochs": 1,
                "gradient_accumulation_steps": 2,
            },
            "1 batch cannot fill an update of 2, so nothing would be trained. Cure: "
            "gradient_accumulation_steps=1, or epochs=2",
        ),
    ],
    ids=str,
)
def test_plans_that_cannot_train_are_refused(changes, held):
    with pytest.raises(KbertError) as refusal:
        replace(MRPC, **changes)
    assert held in str(refusal.value)


@pytest.mark.parametrize(
    "values",
    [
        {"examples": 31, "recipe": "google"},
        {"examples": 31, "epochs": 1, "gradient_accumulation_steps": 7, "batch_size": 10},
    ],
    ids=str,
)
def test_cures_of_a_plan_without_updates_give_it_updates(values):
    with pytest.raises(InputError) as refusal:
        TrainingPlan(**values)
    for cure in (refusal.value.cure, *refusal.value.cure.otherwise):
        assert TrainingPlan(**{**values, **cure.settings}).num_updates >= 1


def test_from_dict_restores_a_plan():
    plan = replace(MRPC, gradient_accumulation_steps=2)
    assert TrainingPlan.from_dict(asdict(plan)) == plan
    assert TrainingPlan.from_dict({**asdict(plan), "updates": 171}) == plan


@pytest.mark.parametrize("file", ["run.json", "checkpoints/*/state.json"])
def test_a_plan_of_kbert_0_1_is_read(file):
    paths = [*(FORMATS / "0.1").glob(f"stopped-*/{file}")]
    assert len(paths) >= 3
    for path in paths:
        content = json.loads(path.read_text("utf-8"))
        assert TrainingPlan.from_dict(content.get("facts", content)["plan"]) == TrainingPlan(
            examples=48, batch_size=8, learning_rate=0.001, gradient_accumulation_steps=2
        )


def test_the_devices_of_a_plan_as_text():
    plan = TrainingPlan(examples=25_000, batch_size=100, devices=8)
    assert str(plan).splitlines()[2] == (
        "  8 devices: 13 rows of each batch on each, 4 of 104 padding"
    )
    even = str(replace(plan, batch_size=128)).splitlines()[2]
    assert even == "  8 devices: 16 rows of each batch on each"
    assert "device" not in str(replace(plan, devices=1))


def test_counts_may_be_numpy_integers():
    assert TrainingPlan(examples=np.int64(3668), recipe="google").updates == 343


@pytest.mark.parametrize(
    ("changes", "points"),
    [
        ({}, {"first update": 0, "end of warmup": 34, "half way": 171, "last update": 341}),
        ({"examples": 32, "epochs": 1}, {"first update": 0}),
        ({"warmup_proportion": 0.0}, {"first update": 0, "half way": 171, "last update": 341}),
        (
            {"warmup_proportion": 0.9},
            {"first update": 0, "half way": 171, "end of warmup": 308, "last update": 341},
        ),
        # N is 2, and the run has one update.
        ({"examples": 3, "batch_size": 2, "gradient_accumulation_steps": 2}, {"first update": 0}),
    ],
    ids=["MRPC", "one update", "no warmup", "long warmup", "fewer than N"],
)
def test_key_points_are_updates_of_the_run_in_order(changes, points):
    assert list(replace(MRPC, **changes).key_points().items()) == list(points.items())


@given(st.integers(1, 200), st.floats(0, 1e-4), st.floats(1e-4, 1))
@settings(deadline=None)
def test_rate_ends_at_end_learning_rate(epochs, end, peak):
    assume(end <= peak)
    plan = TrainingPlan(examples=10, epochs=epochs, learning_rate=peak, end_learning_rate=end)
    assert plan.learning_rate_at(plan.updates) == pytest.approx(end)


def test_the_plan_as_text():
    assert str(replace(MRPC, gradient_accumulation_steps=2)).splitlines() == [
        "Training plan (google recipe)",
        "  3,668 examples in batches of 32, 2 per update: 114 batches per epoch",
        "  3 epochs: 171 updates, 17 of them warmup",
        "  learning rate:",
        "    update       0  0  (first update)",
        "    update      17  1.8e-05  (end of warmup)",
        "    update      85  1.01e-05  (half way)",
        "    update     170  1.17e-07  (last update)",
        # Updates 0 and 1 of W = 17, and those of the decay from 154 on: 19 of 171.
        "  examples trained below 10% of the peak rate: 11.1%",
        *findings_table(replace(MRPC, gradient_accumulation_steps=2).findings()).splitlines(),
    ]
    assert "\n  1 epoch: 1 update, " in str(TrainingPlan(examples=32, epochs=1))
