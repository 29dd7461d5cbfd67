"""What ends one of several processes, and the order in which they leave."""

import threading
import time

import pytest

from kbert.runs import told_ends
from kbert.runs.stop_signals import Terminated


class Service:
    """JAX's coordination service, which ends when process 0 leaves."""

    HEARTBEAT = 0

    def __init__(self, process, values):
        self.process = process
        self.values = values
        self.is_over = False

    def is_joined(self):
        return True

    def is_first(self):
        return self.process == 0

    def process_index(self):
        return self.process

    def process_count(self):
        return 2

    def tell(self, key, value):
        self.values[key] = value

    def told(self, key):
        if self.is_over:
            raise RuntimeError("UNAVAILABLE: recvmsg:Connection reset by peer")
        start = f"{key}/"
        return {
            name.removeprefix(start): value
            for name, value in list(self.values.items())
            if name.startswith(start)
        }


@pytest.fixture
def service(monkeypatch):
    def of(process, **values):
        service = Service(process, dict(values))
        monkeypatch.setattr(told_ends, "processes", service)
        monkeypatch.setattr(told_ends, "_LEAVES_LAST", 0.0)
        return service

    return of


AGREED = {"stop-at/0": "5", "stop-at/1": "6"}


def test_the_first_process_leaves_an_agreed_stop_last(service):
    service = service(0, **AGREED)
    other = threading.Timer(0.3, service.tell, ("left/1", ""))
    other.start()
    with pytest.raises(Terminated), told_ends.telling_ends():
        raise Terminated
    assert "left/1" in service.values
    assert "ended/0" not in service.values


def test_the_first_process_does_not_wait_forever(service, monkeypatch):
    monkeypatch.setattr(told_ends, "_HEARD_WITHIN", 0.2)
    service(0, **AGREED)
    began = time.monotonic()
    with pytest.raises(Terminated), told_ends.telling_ends():
        raise Terminated
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("is_over", [False, True])
def test_another_process_ends_with_its_own_reason(service, is_over):
    service = service(1, **AGREED)
    service.is_over = is_over
    with pytest.raises(Terminated), told_ends.telling_ends():
        raise Terminated
    assert "ended/1" not in service.values


def test_a_process_stopped_alone_tells_the_others(service):
    service = service(1, **{"heard/0": ""})
    with pytest.raises(KeyboardInterrupt), told_ends.telling_ends():
        raise KeyboardInterrupt
    assert '"status": 130' in service.values["ended/1"]
