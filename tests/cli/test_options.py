import dataclasses
from typing import get_args, get_type_hints

import pytest

from kbert import TrainConfig
from kbert.cli.options import DATA, describe, given, options, reading
from kbert.config import CheckpointOptions
from kbert.data.reading.reading_options import ReadingOptions
from kbert.plans.plan_options import PlanOptions


@options(PlanOptions, "dev", ReadingOptions)
class Some:
    """Settings with their defaults."""


@options(PlanOptions, CheckpointOptions, "text", optional=True, without=("recipe",))
class Changes:
    """Settings that are all optional."""


def test_settings_have_the_defaults_of_their_dataclasses():
    plan, files = PlanOptions(), ReadingOptions()
    values = {**dataclasses.asdict(plan), **dataclasses.asdict(files), "dev": None}
    assert dataclasses.asdict(Some()) == values
    assert given(Some(dev="a")) == {
        n: v for n, v in {**values, "dev": "a"}.items() if v is not None
    }
    assert reading(Some(text="t", header=False)) == ReadingOptions(text="t", header=False)


def test_optional_settings_are_none_until_given():
    names = {f.name for cls in (PlanOptions, CheckpointOptions) for f in dataclasses.fields(cls)}
    assert {f.name for f in dataclasses.fields(Changes)} == names - {"recipe"} | {"text"}
    assert given(Changes()) == {}
    assert given(Changes(epochs=0, text="a")) == {"epochs": 0, "text": "a"}


def test_the_most_used_settings_come_first():
    assert [f.name for f in dataclasses.fields(Some)][:3] == ["text", "label", "pair"]
    hint = get_type_hints(Some, include_extras=True)["text"]
    assert get_args(hint)[1].group == (DATA,)


@pytest.mark.parametrize("name", TrainConfig.hints())
def test_the_help_of_a_flag_is_the_docstring_of_its_setting(name):
    assert describe(name)[0].isupper()
    assert describe(name).endswith(".")


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Some().epochs = 3
