"""The tree of exceptions: what a program catches, and what a user reads."""

import copy
import pickle

import pytest

from kbert.cli.words import FlagWords
from kbert.errors import (
    FindingsError,
    InputError,
    KbertError,
    MachineError,
    allowed_in,
    check_codes,
    raise_on_errors,
)
from kbert.findings import CODES, Call, Cure, Finding, Option, speaking
from kbert.utils.command_name import command_name

FEW = Finding(
    "too-few-updates",
    "error",
    "The run performs {updates} updates.",
    Cure({"epochs": 20}),
    {"updates": 6},
)
ZERO = Finding("rate-zero", "info", "Update 0 has rate 0.", Cure({"recipe": "recommended"}))
LONG = Finding("warmup-too-long", "warning", "Warmup is long.", Cure({"warmup_proportion": 0.1}))
ENDED = Finding("plan-ended", "error", "The plan has ended.", Cure(call=Call("continue", "RUN")))
ERRORS = [
    InputError("{option} must be 1 or more.", option=Option("epochs"), cure=Cure({"epochs": 3})),
    MachineError("{path} cannot be written.", path="/full"),
    FindingsError([FEW, ENDED], can_allow=True),
]


@pytest.mark.parametrize(
    ("error", "standard"),
    [(InputError, ValueError), (MachineError, OSError), (FindingsError, None)],
)
def test_the_tree(error, standard):
    assert issubclass(error, KbertError)
    for other in (ValueError, OSError):
        assert issubclass(error, other) == (other is standard)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_survive_pickling_and_copying(error):
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is type(error)
        assert str(again) == str(error)
        with speaking(FlagWords()):
            assert str(again) == str(error)
        assert vars(again) == vars(error)


def test_an_error_is_its_template_with_its_values_and_its_cure():
    assert str(ERRORS[0]) == "`epochs` must be 1 or more. Cure: epochs=3"
    assert str(ERRORS[1]) == "/full cannot be written."
    with speaking(FlagWords()):
        assert str(ERRORS[0]) == "--epochs must be 1 or more. Cure: --epochs 3"


def test_braces_in_a_value_are_shown_as_they_are():
    assert str(InputError("Received: {value!r}", value="{option}")) == "Received: '{option}'"


@pytest.mark.parametrize("findings", [[], [ZERO, LONG]], ids=["none", "no error"])
def test_a_run_without_errors_continues(findings):
    raise_on_errors(findings)


def test_a_run_is_refused_with_every_error_and_what_to_type():
    with pytest.raises(FindingsError) as refusal:
        raise_on_errors([LONG, FEW, ENDED, FEW], can_allow=True)
    assert refusal.value.findings == (FEW, ENDED, FEW)
    assert str(refusal.value) == (
        "The run performs 6 updates. Cure: epochs=20. "
        'The plan has ended. Cure: kbert.continue_training("RUN"). '
        "The run performs 6 updates. Cure: epochs=20. "
        'To continue anyway: allow=("too-few-updates", "plan-ended")'
    )
    with speaking(FlagWords()):
        assert str(refusal.value) == (
            "The run performs 6 updates. Cure: --epochs 20. "
            f"The plan has ended. Cure: {command_name()} continue RUN. "
            "The run performs 6 updates. Cure: --epochs 20. "
            "To continue anyway: --allow too-few-updates --allow plan-ended"
        )


def test_allow_is_an_argument_of_the_outermost_call():
    with (
        pytest.raises(FindingsError) as refusal,
        allowed_in("kbert.resume(..., {})"),
        allowed_in("kbert.PlanGuard(plan, {})"),
    ):
        raise_on_errors([ENDED], can_allow=True)
    for shown in (refusal.value, pickle.loads(pickle.dumps(refusal.value))):
        assert str(shown).endswith('anyway: kbert.resume(..., allow=("plan-ended",))')
        with speaking(FlagWords()):
            assert str(shown).endswith("anyway: --allow plan-ended")
    with pytest.raises(FindingsError, match=r"anyway: allow=\("):
        raise_on_errors([ENDED], can_allow=True)


def test_allow_is_not_proposed_if_nothing_can_be_allowed():
    with pytest.raises(FindingsError) as refusal:
        raise_on_errors([FEW])
    assert str(refusal.value) == "The run performs 6 updates. Cure: epochs=20."


def test_codes_that_a_user_types_are_checked():
    check_codes(CODES)
    with pytest.raises(InputError, match="There is no finding 'few'. Known: rate-zero, "):
        check_codes(["rate-zero", "few"])
