"""Streams that nobody reads, that are full, or whose encoding lacks the characters."""

import io
import os
import sys
from pathlib import Path

import pytest

from kbert.utils.lasting_stream import LastingStream, noting_lost_output
from kbert.utils.say import say


def pipe_without_reader():
    reader, writer = os.pipe()
    os.close(reader)
    return open(writer, "w", encoding="utf-8")


def terminal_that_has_vanished():
    ours, theirs = os.openpty()
    os.close(ours)
    return open(theirs, "w", encoding="utf-8")


def discard(stream):
    """Close a stream whose buffer cannot be written."""
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), stream.fileno())
    stream.close()


def full_disk():
    return open("/dev/full", "w", encoding="utf-8")


def closed_in_python():
    stream = io.StringIO()
    stream.close()
    return stream


class KernelHasGone(io.StringIO):
    """A notebook's stream, which raises whatever error its message layer does."""

    def write(self, text):
        raise RuntimeError("the kernel has gone")


BROKEN = {
    "the kernel has gone": KernelHasGone,
    "Broken pipe": pipe_without_reader,
    "Input/output error": terminal_that_has_vanished,
    "No space left on device": full_disk,
    "I/O operation on closed file": closed_in_python,
    "closed": lambda: None,
}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the devices of Linux")
@pytest.mark.parametrize("reason", BROKEN)
def test_lost_output_is_dropped_and_noted_once(reason, monkeypatch):
    notes, stream = [], BROKEN[reason]()
    monkeypatch.setattr(sys, "stdout", stream)
    with noting_lost_output(lambda name, why: notes.append((name, why))):
        for _ in range(300):  # more than a buffer holds
            say("A line of a log that nobody reads, with what a training has to tell. " * 3)
    assert notes == [("stdout", reason)]
    say("Outside the block nothing is noted.")
    assert len(notes) == 1
    if isinstance(stream, io.TextIOWrapper):
        discard(stream)


def test_each_stream_is_noted(monkeypatch):
    notes = []
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with noting_lost_output(lambda *note: notes.append(note)):
        say("one")
        say("two", to="stderr")
        say("three", to="stderr")
    assert notes == [("stdout", "closed"), ("stderr", "closed")]


class FullForATime(io.StringIO):
    lines = 0

    def write(self, text):
        self.lines += 1
        if 1 < self.lines < 4:
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_a_log_continues_when_its_disk_has_room_again(monkeypatch):
    stream = FullForATime()
    monkeypatch.setattr(sys, "stdout", stream)
    for number in range(1, 6):
        say(f"line {number}")
    assert stream.getvalue() == "line 1\nline 4\nline 5\n"


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("ascii", rb"\u6b63\u9762 \xe9 \udcff 1" + b"\n"),
        ("cp1252", rb"\u6b63\u9762 " + b"\xe9" + rb" \udcff 1" + b"\n"),
        ("gbk", "正面 ".encode("gbk") + "é".encode("gbk") + rb" \udcff 1" + b"\n"),
        ("utf-8", "正面 é ".encode() + rb"\udcff 1" + b"\n"),
    ],
)
def test_characters_missing_in_the_encoding_are_escaped(encoding, expected, monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding, newline="\n"))
    say("正面 é \udcff 1")
    assert raw.getvalue() == expected


def test_isatty_of_missing_closed_and_real_terminals(monkeypatch):
    for stream in (None, closed_in_python(), io.StringIO()):
        monkeypatch.setattr(sys, "stdout", stream)
        assert not LastingStream("stdout").isatty()
    ours, theirs = os.openpty()
    with open(theirs, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert LastingStream("stdout").isatty()
    os.close(ours)
