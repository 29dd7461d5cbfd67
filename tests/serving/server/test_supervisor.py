"""A real server: its processes, signals and sockets."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from kbert import InputError
from kbert.cli.main import main
from kbert.serving.server.listener import bind, is_local, url


class Server:
    """`kbert serve` in its own process."""

    def __init__(self, model, folder, *flags):
        self.log = folder / "log.txt"
        command = [sys.executable, "-m", "kbert", "serve", model, "--port", "0", *flags]
        environment = {**os.environ, "TMPDIR": str(folder)}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                list(map(str, command)),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment,
                start_new_session=True,
                # These tests may run in a shell's background, which ignores Ctrl-C.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
        self.line = self.process.stdout.readline()
        found = re.search(r"http://\S+:\d+", self.line)
        assert found, self.log.read_text()
        self.url = found[0]

    def ask(self, path, **fields):
        """Return the status and the JSON, or text, of an answer."""
        body = json.dumps(fields).encode() if fields else None
        request = urllib.request.Request(
            self.url + path, body, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                text = answer.read().decode()
                return answer.status, json.loads(text) if path != "/metrics" else text
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def wait_for(self, text, times=1):
        """Wait until the log contains a text."""
        for _ in range(400):
            told = self.log.read_text()
            if told.count(text) >= times:
                return told
            time.sleep(0.05)
        raise AssertionError(f"{text!r} is not in {told}")

    def workers(self):
        """The process ids of the workers, without multiprocessing's tracker."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == self.process.pid and b"spawn_main" in (path / "cmdline").read_bytes():
                    found.append(int(path.name))
        return sorted(found)

    def labels(self):
        status, found = self.ask("/predict", texts=["story"])
        return status, found["predictions"][0]["label"]

    def end(self, number, wait=True):
        os.killpg(self.process.pid, number)
        if wait:
            self.process.stdout.read()
            return self.process.wait(timeout=30)
        return None


@pytest.fixture(scope="module")
def model(export_folder, tmp_path_factory):
    """A link to an export."""
    folder = tmp_path_factory.mktemp("served")
    other = shutil.copytree(export_folder, folder / "other")
    settings = json.loads((other / "kbert.json").read_text())
    (other / "kbert.json").write_text(json.dumps({**settings, "labels": ["tall", "small"]}))
    shutil.copytree(export_folder, folder / "first")
    broken = shutil.copytree(export_folder, folder / "broken")
    (broken / "model.onnx").write_bytes(b"not a program")
    (folder / "current").symlink_to("first")
    return folder / "current"


@pytest.fixture(scope="module")
def running(model):
    """The tests' servers, the last of which may still be running."""
    servers = []
    yield servers
    for server in servers:
        if server.process.poll() is None:
            server.end(signal.SIGKILL)
        server.process.stdout.close()


@pytest.fixture
def server(running, model):
    """A server that answers with the first model, whatever other tests have done to it."""
    if not running or running[-1].process.poll() is not None:
        point(model, "first")
        folder = model.parent / f"of-server-{len(running)}"
        folder.mkdir()
        running.append(Server(model, folder, "--workers", "2", "--threads", "1"))
    elif model.readlink() != Path("first"):
        reload(running[-1], model, "first")
    return running[-1]


def point(model, name):
    """Point a link elsewhere, atomically."""
    new = model.with_name("new")
    new.symlink_to(name)
    new.replace(model)


def reload(server, model, name):
    """Make a server answer with another model."""
    point(model, name)
    server.process.send_signal(signal.SIGHUP)
    assert "Reloaded " in server.process.stdout.readline()


def reloads(server, outcome):
    """Return how many reloads the metrics count, over all workers."""
    _, text = server.ask("/metrics")
    found = re.search(rf'kbert_reloads_total{{outcome="{outcome}"}} (\S+)', text)
    return float(found[1]) if found else 0.0


def test_it_answers(server):
    assert server.line.startswith("Serving ")
    assert "(2 workers)" in server.line
    assert len(server.workers()) == 2
    assert server.labels() == (200, "high")
    assert server.ask("/health") == (200, {"status": "ready", "model": "first"})


def test_no_request_is_lost_in_a_reload(server, model):
    answers, ended, before = [], threading.Event(), reloads(server, "done")

    def ask():
        while not ended.is_set():
            answers.append(server.labels())

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for name, label in (("other", "tall"), ("first", "high"), ("other", "tall")):
            reload(server, model, name)
            assert server.labels() == (200, label)
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert {status for status, _ in answers} == {200}
    assert {label for _, label in answers} <= {"high", "tall"}
    assert {server.labels() for _ in range(8)} == {(200, "tall")}
    assert reloads(server, "done") == before + 6


def test_a_broken_model_does_not_take_over(server, model):
    before = reloads(server, "failed")
    point(model, "broken")
    server.process.send_signal(signal.SIGHUP)
    told = server.wait_for("was not reloaded")
    (line,) = [line for line in told.splitlines() if "was not reloaded" in line]
    assert "the old one keeps answering: " in line
    assert "model.onnx cannot be opened: " in line
    assert "Traceback" not in told
    assert server.labels() == (200, "high")
    assert reloads(server, "failed") == before + 2


def test_a_worker_that_dies_is_replaced(server):
    before = server.workers()
    os.kill(before[0], signal.SIGKILL)
    server.wait_for(f"Worker {before[0]} ended with status -9; another takes its place.")
    for _ in range(400):
        after = server.workers()
        if len(after) == 2 and before[0] not in after:
            break
        time.sleep(0.05)
    assert before[1] in after
    assert {server.labels() for _ in range(8)} == {(200, "high")}
    files = list((server.log.parent).glob("kbert-serve-*/*.db"))
    gauges = [file.name for file in files if file.name.startswith("gauge")]
    assert gauges
    assert not [name for name in gauges if f"_{before[0]}.db" in name]


def test_sigterm_to_all_answers_accepted_requests_and_exits_with_0(server):
    """A service manager sends it to the workers too."""
    texts = ["a moving story"] * 200
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(server.ask("/predict", texts=texts)[0]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.02)
    workers = server.workers()
    try:
        assert server.end(signal.SIGTERM) == 0
    finally:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            for thread in threads:
                thread.join()
    assert {*answers} <= {200, 503}
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    assert not list(server.log.parent.glob("kbert-serve-*"))
    assert "Traceback" not in server.log.read_text()


def test_ctrl_c_ends_it_like_other_verbs(model, tmp_path):
    server = Server(model, tmp_path)
    assert server.end(signal.SIGINT) == 130
    assert server.log.read_text() == "kbert: stopped.\n"
    server.process.stdout.close()


def test_a_missing_model_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        main(["serve", str(tmp_path / "none"), "--port", "0"])
    err = capsys.readouterr().err
    assert (end.value.code, err.count("\n")) == (2, 1)
    assert err.startswith("kbert: There is no file or folder ")


def test_a_taken_port_is_refused(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as end:
            main(["serve", "anything", "--port", str(port)])
    assert end.value.code == 2
    assert capsys.readouterr().err == (
        f"kbert: Port {port} of 127.0.0.1 is taken by another program. Cure: --port 0, which "
        "takes a free one\n"
    )


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "x" * 300])
def test_an_address_not_of_this_machine_is_refused(host):
    with pytest.raises(InputError, match="`host` must be an address of this machine"):
        bind(host, 0)


def test_addresses():
    with bind("localhost", 0) as listener:
        assert is_local(listener)
        assert re.fullmatch(r"http://\S+:\d+", url(listener))
    with bind("0.0.0.0", 0) as listener:
        assert not is_local(listener)


def test_answers_do_not_wait_for_acknowledgements():
    """An answer is two writes: with Nagle's algorithm the second would wait."""
    found = []

    async def accept(reader, writer):
        taken = writer.get_extra_info("socket")
        found.append(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async def ask(listener):
        async with await asyncio.start_server(accept, sock=listener):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()

    with bind("127.0.0.1", 0) as listener:
        asyncio.run(ask(listener))
    assert found == [1]
