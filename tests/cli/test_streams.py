"""Verbs that print their result, in processes whose streams cannot take it."""

import json
import os
import subprocess
import sys

import pytest

LABELS = ("正面", "schön", "\U0001f600")


@pytest.fixture
def chinese(tmp_path):
    """A file with labels beyond ASCII, beyond cp1252, and beyond 16 bits."""
    path = tmp_path / "labels.csv"
    rows = [f"Text number {n}.,{LABELS[n % 3]}\n" for n in range(60)]
    path.write_text("text,label\n" + "".join(rows), encoding="utf-8")
    return path


def kbert(*arguments, before="", **streams):
    """Run the command line; return its status and the bytes of both streams."""
    code = f"{before}\nimport sys\nfrom kbert.cli.main import main\nmain({list(arguments)!a})"
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    done = subprocess.run([sys.executable, "-c", code], check=False, **streams)
    return done.returncode, done.stdout, done.stderr


def closing(*numbers):
    """Code that closes streams before the command starts, as `>&-` does."""
    code = ["import os, sys", *(f"os.close({number})" for number in numbers)]
    names = ("stdin", "stdout", "stderr")
    code += [f"sys.{names[number]} = sys.__{names[number]}__ = None" for number in numbers]
    return "\n".join(code)


RESULTS = [["plan", "--examples", "1000"], ["plan", "--examples", "1000", "--json"]]


@pytest.mark.parametrize("arguments", RESULTS, ids=["text", "json"])
def test_a_closed_pipe_ends_the_output_quietly(arguments):
    reader, writer = os.pipe()
    os.close(reader)
    assert kbert(*arguments, stdout=writer) == (1, None, b"")
    os.close(writer)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
@pytest.mark.parametrize("arguments", [*RESULTS, ["--help"], ["--version"]], ids=" ".join)
def test_a_full_disk_is_one_sentence(arguments):
    with open("/dev/full", "wb") as full:
        status, _, err = kbert(*arguments, stdout=full)
    assert (status, err.count(b"\n")) == (1, 1)
    assert b"No space left on device" in err


def test_a_closed_output_is_one_sentence():
    status, _, err = kbert(*RESULTS[0], before=closing(1))
    assert (status, err) == (1, b"kbert: Standard output is closed.\n")


def test_without_standard_error_a_result_is_complete():
    assert kbert(*RESULTS[1], before=closing(2)) == kbert(*RESULTS[1])
    # A refusal keeps its status, and none of it ends up in the results.
    assert kbert("plan", before=closing(2))[:2] == (2, b"")
    assert kbert("plan", before=closing(0, 1, 2))[:2] == (2, b"")


def test_without_standard_input_predict_asks_for_a_file(tmp_path):
    before = closing(0)
    (tmp_path / "model").mkdir()
    code = "\nfrom kbert.cli import predict\npredict._standard_input()"
    prepare = "\nfrom kbert.cli.streams import prepare_streams\nprepare_streams()"
    done = subprocess.run(
        [sys.executable, "-c", before + prepare + code], capture_output=True, text=True, check=False
    )
    assert "InputError: Standard input is closed. Name the file to read." in done.stderr


def test_no_file_gets_the_descriptor_of_a_closed_stream(tmp_path):
    """What a library prints to descriptor 1 would otherwise end up in that file."""
    code = f"""{closing(0, 1, 2)}
from kbert.cli.streams import prepare_streams
prepare_streams()
with open({str(tmp_path / "new")!r}, "w") as file:
    file.write(str(file.fileno()))
    os.write(1, b"printed")
    os.write(2, b"logged")
    print("more", file=sys.stderr)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert int((tmp_path / "new").read_text()) > 2


@pytest.mark.parametrize(
    "settings",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "cp1252"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ],
    ids=str,
)
def test_an_encoding_without_the_characters_keeps_the_result(chinese, settings):
    environment = {**os.environ, **settings}
    utf8 = {**os.environ, "PYTHONUTF8": "1"}
    status, out, err = kbert("inspect", str(chinese), env=environment)
    expected = kbert("inspect", str(chinese), env=utf8)
    assert (status, err) == (expected[0], b"")
    assert rb"\u6b63\u9762" in out
    assert out.count(b"\n") == expected[1].count(b"\n")
    _, out, err = kbert("inspect", str(chinese), "--json", env=environment)
    assert err == b""
    encoding = settings.get("PYTHONIOENCODING", "ascii")
    record = json.loads(out.decode(encoding))
    assert record == json.loads(kbert("inspect", str(chinese), "--json", env=utf8)[1])
    assert LABELS[0] in json.dumps(record, ensure_ascii=False)
    # The parser shows an unknown flag as it was typed.
    status, out, err = kbert("inspect", str(chinese), "--正面", env=environment)
    assert (status, b"Traceback" in out + err) == (2, False)


def test_a_broken_pipe_of_our_own_is_reported(monkeypatch, capsys):
    """A broken pipe is not always standard output: a helper process may have died."""
    from kbert.cli import main

    def fail(arguments):
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(main, "app", fail)
    with pytest.raises(SystemExit) as end:
        main.main(["plan"])
    assert end.value.code == 1
    assert "Broken pipe" in capsys.readouterr().err
