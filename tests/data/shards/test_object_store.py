"""Shards in an object store: Amazon S3, as moto serves it on a free port of this machine."""

import socket
import socketserver
import threading

import pytest
from pyarrow import fs

from kbert import ShardedTokenStore
from kbert.data.shards.location import Location
from kbert.errors import MachineError

moto = pytest.importorskip("moto.server")
KEYS = {"access_key": "test", "secret_key": "test", "region": "us-east-1", "scheme": "http"}


class CutProxy(socketserver.ThreadingTCPServer):
    """Forwards connections to a port, and cuts answers with token files while `cuts` is above 0.

    Args:
        port: int. The port that connections are forwarded to.
    """

    daemon_threads = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", 0), None)
        self.to, self.cuts, self.seen = port, 0, []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def finish_request(self, request, client_address):
        with socket.create_connection(("127.0.0.1", self.to)) as server:
            first = request.recv(65536)
            self.seen.append(first.split(b"\r\n")[0].decode())
            is_cut = first.startswith(b"GET") and b"tokens-" in first.split(b"\r\n")[0]
            server.sendall(first)
            back = threading.Thread(target=self._back, args=(server, request, is_cut), daemon=True)
            back.start()
            try:
                while data := request.recv(65536):
                    server.sendall(data)
            except OSError:
                pass

    def _back(self, server, request, is_cut):
        try:
            while data := server.recv(65536):
                if is_cut and self.cuts > 0:
                    self.cuts -= 1
                    request.sendall(data[: len(data) // 2])
                    request.shutdown(socket.SHUT_RDWR)
                    return
                request.sendall(data)
        except OSError:
            pass

    def shutdown_request(self, request):
        request.close()


@pytest.fixture(scope="module")
def server():
    found = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    found.start()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def port(server):
    number = server.get_host_and_port()[1]
    s3 = fs.S3FileSystem(
        endpoint_override=f"127.0.0.1:{number}", allow_bucket_creation=True, **KEYS
    )
    s3.create_dir("bucket")
    return number


@pytest.fixture
def proxy(port):
    with CutProxy(port) as found:
        yield found
        found.shutdown()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("kbert.data.shards.location._WAITS", (0.01, 0.01, 0.01))


def s3_at(port):
    strategy = fs.AwsStandardS3RetryStrategy(max_attempts=1)
    return fs.S3FileSystem(endpoint_override=f"127.0.0.1:{port}", retry_strategy=strategy, **KEYS)


@pytest.fixture(scope="module")
def made(port, tokenizer, rows):
    return ShardedTokenStore.build(
        iter([rows]), tokenizer, "bucket/store", 9, filesystem=s3_at(port), rows_per_shard=30
    )


def ids_of(store):
    return [store[row][0].tolist() for row in range(len(store))]


def test_a_store_is_made_and_read_by_its_uri(made, port, tokenizer, rows, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    uri = f"s3://bucket/uri?scheme=http&region=us-east-1&endpoint_override=127.0.0.1:{port}"
    store = ShardedTokenStore.build(iter([rows]), tokenizer, uri, 9, rows_per_shard=30)
    assert store.fingerprint == made.fingerprint
    again = ShardedTokenStore.open(uri, tokenizer, cache=tmp_path)
    encoded = tokenizer.encode(rows[0], max_length=9)
    assert ids_of(again) == [ids for ids, _ in encoded]
    assert Location(uri).size("tokens-00001.arrow") == made.index.shards[1].bytes
    again.close()


def test_a_cut_connection_is_retried(made, proxy, tokenizer, tmp_path):
    store = ShardedTokenStore.open(
        "bucket/store", tokenizer, filesystem=s3_at(proxy.server_address[1]), cache=tmp_path
    )
    proxy.cuts = 2
    assert ids_of(store) == ids_of(made)
    assert proxy.cuts == 0
    store.close()


def test_a_connection_that_stays_cut_is_reported(made, proxy, tokenizer, tmp_path):
    store = ShardedTokenStore.open(
        "bucket/store", tokenizer, filesystem=s3_at(proxy.server_address[1]), cache=tmp_path
    )
    proxy.cuts = 10**6
    message = r"^tokens-00001\.arrow of bucket/store cannot be read, after 4 attempts: "
    with pytest.raises(MachineError, match=message):
        store[31]
    proxy.cuts = 0
    assert store[31][0].tolist() == made[31][0].tolist()  # once the connection is back
    store.close()


def test_an_interrupted_build_resumes_in_an_object_store(port, made, tokenizer, rows):
    def broken():
        yield rows[0][:70], rows[1][:70]
        raise KeyboardInterrupt

    settings = {"filesystem": s3_at(port), "rows_per_shard": 30}
    with pytest.raises(KeyboardInterrupt):
        ShardedTokenStore.build(broken(), tokenizer, "bucket/again", 9, **settings)
    store = ShardedTokenStore.build(iter([rows]), tokenizer, "bucket/again", 9, **settings)
    assert store.fingerprint == made.fingerprint


def test_shards_are_fetched_before_they_are_needed(made, proxy, tokenizer, tmp_path):
    import numpy as np

    store = ShardedTokenStore.open(
        "bucket/store",
        tokenizer,
        filesystem=s3_at(proxy.server_address[1]),
        cache=tmp_path,
        shuffle_window=1,
    )
    order = store.window_order(np.random.PCG64(0))
    row = int(order(np.array([0]))[0])
    store[row]
    expected = {f"tokens-{shard:05}.arrow" for shard in order.shards[:2]}
    folder = tmp_path / store.fingerprint
    for _ in range(500):
        if {file.name for file in folder.glob("tokens-*")} == expected:
            break
        threading.Event().wait(0.02)
    assert {file.name for file in folder.glob("tokens-*")} == expected
    store.close()
