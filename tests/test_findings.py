"""A finding is a line or a few, and an error among findings stops the run."""

import json
from dataclasses import replace

import pytest

from kbert.errors import FindingsError, KbertError, check_codes, raise_on_errors
from kbert.findings import CODES, Finding, by_severity, downgrade, findings_table

FEW = Finding("too-few-updates", "error", "The run makes 6 updates.", "--epochs 20")
ZERO = Finding("rate-zero", "info", "Update 0 has rate 0.", "--recipe recommended")
LONG = Finding("warmup-too-long", "warning", "Warmup is long.", "--warmup-proportion 0.1")
ENDED = Finding("plan-ended", "error", "The plan has ended.", "kbert continue")


def test_a_finding_as_text_and_as_data():
    assert str(FEW) == "ERROR too-few-updates: The run makes 6 updates. Cure: --epochs 20"
    assert Finding(**json.loads(json.dumps(FEW.to_dict()))) == FEW


def test_findings_as_a_table():
    words = " ".join(["--a-long-flag-in-a-sentence"] * 9)
    table = findings_table([FEW, replace(LONG, message=words)], indent="    ")
    lines = table.splitlines()
    assert lines[:4] == [
        "    ERROR    too-few-updates",
        "             The run makes 6 updates.",
        "             Cure: --epochs 20",
        "    WARNING  warmup-too-long",
    ]
    assert " ".join(table.split()).count(f"{words} Cure: --warmup-proportion 0.1") == 1
    assert max(map(len, lines)) <= 100
    assert findings_table([]) == ""


def test_a_code_that_does_not_exist_is_a_mistake_in_the_program():
    with pytest.raises(ValueError, match="`code` must be one of rate-zero, .*Received: 'few'"):
        replace(FEW, code="few")


def test_errors_come_first_and_otherwise_the_order_stays():
    assert by_severity([ZERO, LONG, FEW, ENDED]) == [FEW, ENDED, LONG, ZERO]


def test_forced_errors_become_warnings_and_nothing_else_changes():
    forced = ["too-few-updates", "rate-zero"]
    assert downgrade([FEW, ZERO, ENDED], forced) == [replace(FEW, severity="warning"), ZERO, ENDED]
    assert FEW.severity == "error"


@pytest.mark.parametrize("findings", [[], [ZERO, LONG]], ids=["none", "no error"])
def test_a_run_without_errors_goes_on(findings):
    raise_on_errors(findings)


def test_a_run_is_refused_with_every_error_and_what_to_type():
    with pytest.raises(KbertError) as refusal:
        raise_on_errors([LONG, FEW, ENDED, FEW], lambda codes: "--allow " + " ".join(codes))
    assert isinstance(refusal.value, FindingsError)
    assert refusal.value.findings == (FEW, ENDED, FEW)
    assert str(refusal.value) == (
        "The run makes 6 updates. Cure: --epochs 20. The plan has ended. Cure: kbert continue. "
        "The run makes 6 updates. Cure: --epochs 20. "
        "To go on nevertheless: --allow too-few-updates plan-ended"
    )


def test_where_nothing_can_be_forced_nothing_is_proposed():
    with pytest.raises(FindingsError) as refusal:
        raise_on_errors([FEW])
    assert str(refusal.value) == "The run makes 6 updates. Cure: --epochs 20."


def test_codes_that_a_user_types_are_checked():
    check_codes(CODES)
    with pytest.raises(KbertError, match="There is no finding 'few'. Known: rate-zero, "):
        check_codes(["rate-zero", "few"])
