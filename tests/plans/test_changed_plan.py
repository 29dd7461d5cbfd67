"""A plan changed midway keeps its place, counted in examples seen."""

from dataclasses import replace

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from kbert.errors import KbertError
from kbert.findings import Cure
from kbert.plans.changed_plan import ChangedPlan
from kbert.plans.training_plan import TrainingPlan

OLD = TrainingPlan(examples=1000, batch_size=10, epochs=3)  # 100 batches per epoch, 300 updates


def change(seen, old=OLD, **changes):
    return ChangedPlan(old, replace(old, **changes), seen)


@pytest.mark.parametrize(
    ("seen", "changes", "old_update", "new_update", "remaining"),
    [
        (0, {"batch_size": 20}, 0, 0, 150),
        (1000, {"batch_size": 20}, 100, 50, 100),
        (1000, {"batch_size": 5}, 100, 200, 400),
        (1000, {"gradient_accumulation_steps": 4}, 100, 25, 50),
        (1000, {"epochs": 5}, 100, 100, 400),
        (1000, {"epochs": 1}, 100, 100, 0),
        (2010, {"batch_size": 20}, 201, 100, 50),  # between two batches of the new plan
        (1000, {"batch_size": 300}, 100, 4, 8),
        (1000, {"batch_size": 300, "recipe": "google"}, 100, 3, 6),
        (3000, {"epochs": 2}, 300, 300, 0),
    ],
    ids=str,
)
def test_position_in_the_old_and_the_new_plan(seen, changes, old_update, new_update, remaining):
    point = change(seen, **changes)
    assert (point.old_update, point.new_update) == (old_update, new_update)
    assert point.remaining == remaining
    assert point.old_rate == point.old.learning_rate_at(old_update)
    assert point.new_rate == point.new.learning_rate_at(new_update)


@given(
    st.integers(1, 500), st.integers(1, 60), st.integers(1, 4), st.integers(1, 9), st.integers(0, 9)
)
@settings(deadline=None)
def test_after_whole_epochs_all_their_updates_are_done(examples, batch_size, every, epochs, done):
    assume(done <= epochs and -(-examples // batch_size) * epochs >= every)
    plan = TrainingPlan(
        examples=examples, batch_size=batch_size, epochs=epochs, gradient_accumulation_steps=every
    )
    point = ChangedPlan(plan, plan, done * examples)
    assert point.old_update == point.new_update == done * plan.steps_per_epoch // every
    assert point.remaining == plan.num_updates - point.old_update


def test_refuses_to_resume_on_other_data():
    with pytest.raises(KbertError, match=r"on 1,000 examples, but there are 999 now\..*continue"):
        change(1000, examples=999)


@pytest.mark.parametrize(
    ("seen", "changes", "epochs"),
    [
        (1000, {"batch_size": 20}, 6),
        (1000, {"gradient_accumulation_steps": 3}, 9),
        (1000, {"batch_size": 5, "gradient_accumulation_steps": 2}, 3),
        (1000, {"batch_size": 5}, 2),
        (2000, {"batch_size": 5}, 3),  # the second epoch is over
        (1000, {"batch_size": 15}, 5),  # 4.5, rounded up
        (2500, {"batch_size": 2}, 3),
        (
            1000,
            {"batch_size": 15, "gradient_accumulation_steps": 2},
            9,
        ),  # 67 batches per epoch, 600 are needed
        (3000, {"batch_size": 5, "epochs": 4}, 4),  # 600 updates are done, so 601 are needed
        (3000, {}, 4),
        (630, {"batch_size": 64}, 19),  # 16 batches per epoch
        (1000, {"batch_size": 64, "recipe": "google"}, 20),  # 15 batches per epoch
    ],
    ids=str,
)
def test_epochs_in_proportion(seen, changes, epochs):
    point = change(seen, **changes)
    assert point.epochs_in_proportion == epochs
    scaled = point.in_proportion()
    assert (scaled.old, scaled.new) == (OLD, replace(point.new, epochs=epochs))
    # At least as many updates as the old plan, and one left; an epoch less would not be enough.
    needed = max(OLD.num_updates, point.new_update + 1)
    one_less = (epochs - 1) * point.new.steps_per_epoch // point.new.gradient_accumulation_steps
    assert one_less < needed <= scaled.new.num_updates
    assert scaled.examples_seen == seen


@pytest.mark.parametrize(
    ("seen", "changes", "held"),
    [
        (1000, {}, None),
        (1000, {"batch_size": 20}, None),
        (2000, {"batch_size": 5, "epochs": 3}, None),
        (2000, {"epochs": 2}, "performed 200 updates, which is the end of the new plan or beyond"),
        (2500, {"epochs": 1}, "performed 250 updates, which is the end of the new plan or beyond"),
        (3000, {}, "performed 300 updates, which is the end of the new plan or beyond"),
        # 16 batches per epoch, 48 in all, and 63 / 100 of 16 of them are done.
        (
            630,
            {"batch_size": 64},
            "performed 63 updates, but the new plan ends at 48: in 3 epochs, larger batches give "
            "fewer updates than are already done. Scaled in proportion, the run would have 19 "
            "epochs.",
        ),
        (
            480,  # 16 batches per epoch, of which 8 are done
            {"batch_size": 64, "epochs": 1},
            "performed 48 updates, but the new plan ends at 16: in 1 epoch, larger batches give "
            "fewer updates than are already done.",
        ),
    ],
    ids=str,
)
def test_findings(seen, changes, held):
    point = change(seen, **changes)
    findings = point.findings()
    if held is None:
        assert findings == []
        return
    (finding,) = findings
    assert (finding.code, finding.severity) == ("plan-behind", "error")
    assert held in finding.message
    epochs = point.epochs_in_proportion
    assert finding.cure == Cure({"scale_epochs": True}, otherwise=(Cure({"epochs": epochs}),))
    assert point.in_proportion().findings() == []


@st.composite
def changes_midway(draw):
    examples = draw(st.integers(1, 500))
    batches = st.integers(1, 64)
    every = st.integers(1, 4)
    epochs = draw(st.integers(1, 8))
    try:
        old, new = (
            TrainingPlan(
                examples=examples,
                batch_size=draw(batches),
                epochs=epochs,
                gradient_accumulation_steps=draw(every),
            )
            for _ in range(2)
        )
    except KbertError:
        assume(False)
    return ChangedPlan(old, new, draw(st.integers(0, examples * epochs)))


@given(changes_midway())
@example(  # 4 batches per epoch for 3 epochs, and then 2 for 5
    ChangedPlan(
        TrainingPlan(examples=10, batch_size=3, epochs=3),
        TrainingPlan(examples=10, batch_size=5, epochs=3),
        30,
    )
)
@settings(deadline=None)
def test_scaling_in_proportion_leaves_no_findings(point):
    scaled = point.in_proportion()
    assert scaled.new.num_updates >= point.old.num_updates
    assert scaled.findings() == []


def test_one_update_and_one_epoch():
    once = TrainingPlan(examples=10, batch_size=10, epochs=1)
    (finding,) = ChangedPlan(once, once, 10).findings()
    assert finding.message.startswith("The run has performed 1 update, which is the end")
    assert finding.message.endswith("Scaled in proportion, the run would have 2 epochs.")
    twice = replace(once, epochs=2)
    assert str(ChangedPlan(once, twice, 10)).endswith("\n  1 update left")
    halves = TrainingPlan(examples=10, batch_size=5, epochs=1, gradient_accumulation_steps=2)
    (finding,) = ChangedPlan(
        halves, replace(halves, batch_size=2, gradient_accumulation_steps=5), 10
    ).findings()
    assert "Scaled in proportion, the run would have 2 epochs." in finding.message


def test_the_change_as_text():
    assert str(change(1000, batch_size=20)).splitlines() == [
        "Resuming after 1,000 examples",
        "                    old plan    new plan",
        "  batch size              10          20",
        "  epochs                   3           3",
        "  updates                300         150",
        "  current update         100          50",
        # (300 - 100) / (300 - 30) and (150 - 50) / (150 - 15) of the peak
        f"  learning rate {5e-5 * 200 / 270:>12.3g}{5e-5 * 100 / 135:>12.3g}",
        "  100 updates left",
    ]


def test_changing_only_the_devices_changes_no_update():
    point = change(1000, old=replace(OLD, batch_size=40, devices=2), devices=8)
    assert point.trains_alike
    assert not point.batches_differ
    assert (point.old_update, point.new_update) == (25, 25)
    assert point.old_rate == point.new_rate
    assert point.findings() == []
    assert str(point).splitlines()[2:5] == [
        "  batch size              40          40",
        "  devices                  2           8",
        "  rows on each            20           5",
    ]
    assert not change(1000, devices=8, epochs=4).trains_alike
    assert "devices" not in str(change(1000, epochs=4))
