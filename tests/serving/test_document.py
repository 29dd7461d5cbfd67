"""The code in docs/serving.md, run as it is."""

import contextlib
import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from kbert import Predictor

DOCUMENT = Path(__file__).parents[2] / "docs" / "serving.md"
BLOCKS = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def folder(export_folder, tokenizer, tmp_path):
    """A folder in which the document's paths lead to an export."""
    export = shutil.copytree(export_folder, tmp_path / "exports" / "reviews")
    (export / "tokenizer.json").write_text(tokenizer.to_hugging_face(), encoding="utf-8")
    return tmp_path


@contextlib.contextmanager
def server(folder):
    """Run the document's app, and yield its address and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


def ask(address, process, texts):
    """Return what the app answers, once it is up."""
    body = json.dumps(texts).encode()
    request = urllib.request.Request(
        f"{address}/predict", body, {"Content-Type": "application/json"}
    )
    for _ in range(300):
        assert process.poll() is None, process.stdout.read()
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError("the app does not answer")


def test_the_app_starts_and_answers(folder):
    (code,) = [block for block in BLOCKS if "FastAPI" in block]
    assert len([line for line in code.splitlines() if line]) <= 15
    (folder / "app.py").write_text(code)
    texts = ["A moving story.", "A dull mess.", "story " * 100]
    expected = Predictor.load(folder / "exports" / "reviews").predict(texts)
    with server(folder) as (address, process):
        answers = ask(address, process, texts)
        assert ask(address, process, {"texts": 3}) == 422
        assert ask(address, process, ["story", " "]) == 422
    assert [answer["label"] for answer in answers] == [one.label for one in expected]
    for answer, one in zip(answers, expected, strict=True):
        assert answer["probabilities"] == pytest.approx(dict(one.probabilities), abs=1e-6)


@pytest.mark.parametrize("number", [n for n, block in enumerate(BLOCKS) if "FastAPI" not in block])
def test_the_other_code_runs(number, folder):
    code = BLOCKS[number].replace("enable_truncation(128)", "enable_truncation(12)")
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
