import io

from kbert.cli.standard_input import StandardInput


def test_it_is_read_twice_and_keeps_its_name():
    stream = io.BytesIO("ä\nb".encode())
    stream.name = "<stdin>"
    with StandardInput(stream) as found:
        check(found)
    with StandardInput(io.BytesIO()) as empty:
        assert empty.name == "standard input"


def check(found):
    assert (found.name, found.seekable()) == ("<stdin>", False)
    assert found.peek(2)[:2] == "ä".encode()
    assert found.readlines() == ["ä\n".encode(), b"b"]
    found.seek(0)
    assert found.read() == "ä\nb".encode()
