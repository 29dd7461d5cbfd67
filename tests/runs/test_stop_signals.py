import os
import signal
import subprocess
import sys
import threading

import pytest

from kbert.runs.stop_signals import (
    HungUp,
    Terminated,
    heard_signals,
    status_of,
    stop_signals,
)

needs_hangup = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
REASONS = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated}


def send(number):
    os.kill(os.getpid(), number)


def handlers():
    return [signal.getsignal(number) for number in REASONS]


@pytest.fixture(autouse=True)
def marker(heard_signals):
    """Handlers of our own, which show that they are restored and that no signal is lost."""
    caught = []

    def ours(number, frame):
        caught.append(number)

    before = {number: signal.signal(number, ours) for number in REASONS}
    yield caught
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", REASONS, ids=lambda number: number.name)
def test_the_first_signal_calls_stop(number, marker):
    reasons, before = [], handlers()
    with stop_signals(reasons.append):
        assert reasons == []
        send(number)
        assert [type(reason) for reason in reasons] == [REASONS[number]]
    assert len(reasons) == 1
    assert marker == []
    assert handlers() == before
    send(number)
    assert (len(reasons), marker) == (1, [number])


@pytest.mark.parametrize("second", REASONS, ids=lambda number: number.name)
@pytest.mark.parametrize("first", REASONS, ids=lambda number: number.name)
def test_a_second_signal_raises_at_once(first, second):
    reasons, before = [], handlers()

    def work():
        with stop_signals(reasons.append):
            send(first)
            send(second)
            reasons.append("went on")

    with pytest.raises(KeyboardInterrupt) as caught:
        work()
    assert caught.type is REASONS[second]
    assert [type(reason) for reason in reasons] == [REASONS[first]]
    assert handlers() == before


def test_each_further_signal_raises():
    raised = []
    with stop_signals(lambda reason: None):
        send(signal.SIGTERM)
        for _ in range(3):
            try:
                send(signal.SIGTERM)
            except Terminated as error:
                raised.append(error)
    assert len(raised) == 3


def test_a_signal_while_stop_is_running_raises_at_once():
    steps = []

    def stop(reason):
        steps.append("begun")
        send(signal.SIGTERM)
        steps.append("ended")

    def work():
        with stop_signals(stop):
            send(signal.SIGINT)

    with pytest.raises(Terminated):
        work()
    assert steps == ["begun"]


def test_stop_may_raise_the_reason():
    before = handlers()

    def stop(reason):
        raise reason

    def work():
        with stop_signals(stop):
            send(signal.SIGTERM)

    with pytest.raises(Terminated):
        work()
    assert handlers() == before


@pytest.mark.parametrize("failing", [False, True], ids=["ends well", "fails"])
def test_the_handlers_are_restored(failing):
    before = [signal.default_int_handler, signal.SIG_DFL]
    for number, handler in zip(REASONS, before, strict=True):
        signal.signal(number, handler)

    def work():
        with stop_signals(lambda reason: None):
            assert not set(before) & set(handlers())
            if failing:
                raise ValueError("no")

    if failing:
        with pytest.raises(ValueError, match="no"):
            work()
    else:
        work()
    assert handlers() == before


@pytest.mark.parametrize("ignored", REASONS, ids=lambda number: number.name)
def test_an_ignored_signal_stays_ignored(ignored, marker):
    (other,) = set(REASONS) - {ignored}
    signal.signal(ignored, signal.SIG_IGN)
    reasons, before = [], handlers()
    with stop_signals(reasons.append):
        send(ignored)
        assert reasons == []
        send(other)
        send(ignored)  # nor does it count as the second
        assert [type(reason) for reason in reasons] == [REASONS[other]]
        assert signal.getsignal(ignored) == signal.SIG_IGN
    assert handlers() == before
    assert marker == []


INHERITED = """
import os, signal
from kbert.runs.stop_signals import stop_signals

def send(number):
    os.kill(os.getpid(), number)

with stop_signals(lambda reason: print(type(reason).__name__)):
    send(signal.SIGINT)
    print("went on")
    send(signal.SIGTERM)
    send(signal.SIGINT)
    print(signal.getsignal(signal.SIGINT).name)
print(signal.getsignal(signal.SIGINT).name)
"""


@pytest.mark.skipif(os.name == "nt", reason="no process inherits its signals there")
def test_a_ctrl_c_ignored_in_a_background_job_stays_ignored():
    found = subprocess.run(
        [sys.executable, "-c", INHERITED],
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    said = "Stopping after this step; a checkpoint is then saved. Another SIGTERM ends at once.\n"
    assert (found.returncode, found.stderr) == (0, said)
    assert found.stdout.split("\n")[:-1] == ["went on", "Terminated", "SIG_IGN", "SIG_IGN"]


def test_a_second_run_counts_its_own_signals():
    for _ in range(2):
        reasons = []
        with stop_signals(reasons.append):
            send(signal.SIGINT)
        assert len(reasons) == 1


def test_no_handlers_are_set_in_a_thread():
    before, inside = handlers(), []

    def work():
        with stop_signals(lambda reason: None):
            inside.extend(handlers())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert inside == before


def test_terminated_is_handled_like_an_interruption():
    assert issubclass(Terminated, KeyboardInterrupt)
    assert not issubclass(Terminated, Exception)


@needs_hangup
@pytest.mark.parametrize("others", [["SIGHUP"], ["SIGTERM"], ["SIGHUP", "SIGTERM"], ["SIGINT"]])
def test_signals_after_a_hangup_do_not_prevent_saving(others):
    """A dropped connection sends several; a machine that shuts down also sends SIGTERM."""
    reasons, before = [], signal.getsignal(signal.SIGHUP)
    with stop_signals(reasons.append):
        send(signal.SIGHUP)
        for name in others:
            send(getattr(signal, name))
        assert [type(reason) for reason in reasons] == [HungUp]
    assert signal.getsignal(signal.SIGHUP) == before


@needs_hangup
def test_a_hangup_after_another_signal_does_not_count():
    reasons = []
    with stop_signals(reasons.append):
        send(signal.SIGTERM)
        send(signal.SIGHUP)
        assert [type(reason) for reason in reasons] == [Terminated]
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)


@needs_hangup
def test_a_hangup_that_nohup_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        reasons = []
        with stop_signals(reasons.append):
            send(signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert reasons == []
        assert signal.SIGHUP not in heard_signals()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_exit_status_tells_which_signal_it_was():
    stops = {KeyboardInterrupt: 130, Terminated: 143, HungUp: 129}
    assert {kind: status_of(kind()) for kind in stops} == stops
