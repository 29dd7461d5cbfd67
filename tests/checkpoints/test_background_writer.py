import signal
import threading
import time

import pytest

from kbert.checkpoints.background_writer import BackgroundWriter


def fail():
    raise OSError("full")


@pytest.fixture
def gate():
    """An event that is always set at the end, so that no thread waits forever."""
    event = threading.Event()
    yield event
    event.set()


def test_a_job_runs_in_a_background_thread(gate):
    writer, threads = BackgroundWriter(), []

    def job():
        assert gate.wait(10)
        threads.append(threading.current_thread())

    writer.start(job)
    assert threads == []
    gate.set()
    writer.wait()
    (thread,) = threads
    assert thread is not threading.current_thread()
    assert thread.name.startswith("checkpoint")


def test_a_job_waits_for_the_previous_one(gate):
    writer, done = BackgroundWriter(), []

    def first():
        assert gate.wait(10)
        done.append(1)

    writer.start(first)
    threading.Timer(0.05, gate.set).start()
    writer.start(lambda: done.append(2))
    assert done[0] == 1
    for number in range(3, 30):
        writer.start(lambda number=number: done.append(number))
    writer.wait()
    assert done == list(range(1, 30))


@pytest.mark.parametrize("ask", ["wait", "start"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_an_error_is_raised_once(ask, error):
    writer, begun = BackgroundWriter(), []

    def job():
        raise error("full")

    writer.start(job)
    with pytest.raises(error, match="full"):
        writer.start(lambda: begun.append(1)) if ask == "start" else writer.wait()
    writer.wait()
    assert begun == []
    writer.start(lambda: begun.append(2))  # and the next job runs
    writer.wait()
    assert begun == [2]


def test_waiting_without_a_job():
    BackgroundWriter().wait()


def test_an_interrupted_wait_does_not_forget_the_job(gate):
    writer, interrupted = BackgroundWriter(), []

    def interrupt(number, frame):
        if not interrupted:
            interrupted.append(number)
            raise KeyboardInterrupt

    def job():
        assert gate.wait(10)
        fail()

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        writer.start(job)
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        with pytest.raises(KeyboardInterrupt):
            writer.wait()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    gate.set()
    with pytest.raises(OSError, match="full"):
        writer.wait()


def test_a_folder_has_one_writer_at_a_time(tmp_path):
    order = []

    def slow():
        time.sleep(0.2)
        order.append("the first")
        raise OSError("of the first")

    BackgroundWriter.for_folder(tmp_path).start(slow)
    second = BackgroundWriter.for_folder(tmp_path / "." / "")
    assert order == ["the first"]
    second.start(lambda: order.append("the second"))
    second.wait()
    assert order == ["the first", "the second"]
