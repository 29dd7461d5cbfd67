"""The metrics that a server gives to Prometheus."""

import time
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from kbert import __version__

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Metrics:
    """Counts requests, batches and texts, and writes them in the format of Prometheus.

    Args:
        folder: Path or None. The folder in which the workers of a server keep their counts, each in
            its own files. PROMETHEUS_MULTIPROC_DIR was set to it before prometheus_client was
            imported. Defaults to None: only the counts of this process are kept.
    """

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "kbert_requests", "Requests by path and status.", ["path", "status"], registry=registry
        )
        self._seconds = Histogram(
            "kbert_request_seconds",
            "Seconds from a request to its answer.",
            ["path"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._queue = Gauge(
            "kbert_queue_texts",
            "Texts that wait.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._batches = Histogram(
            "kbert_batch_texts", "Texts per batch.", buckets=_TEXTS, registry=registry
        )
        self._texts = Counter("kbert_texts", "Texts labelled.", registry=registry)
        self._reloads = Counter(
            "kbert_reloads", "Models by outcome.", ["outcome"], registry=registry
        )
        self._loaded = Gauge(
            "kbert_model_loaded_timestamp_seconds",
            "When the model took over.",
            multiprocess_mode="livemin",
            registry=registry,
        )
        self._model = Gauge(
            "kbert_model_info",
            "The model that answers.",
            ["model", "target", "version"],
            multiprocess_mode="livemax",
            registry=registry,
        )
        self._described: tuple[str, str] | None = None

    def count_request(self, path: str, status: int, seconds: float) -> None:
        """Count a request that is answered."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def count_batch(self, texts: int) -> None:
        """Count a batch that is computed."""
        self._batches.observe(texts)
        self._texts.inc(texts)

    def count_reload(self, outcome: str) -> None:
        """Count a new model that took over ("done"), or did not ("failed")."""
        self._reloads.labels(outcome).inc()

    def set_queue(self, texts: int) -> None:
        """Set how many texts wait."""
        self._queue.set(texts)

    def set_model(self, name: str, target: str) -> None:
        """Set which model answers."""
        if self._described is not None:
            self._model.labels(*self._described, __version__).set(0)
        self._described = (name, target)
        self._model.labels(name, target, __version__).set(1)
        self._loaded.set(time.time())

    def text(self) -> bytes:
        """Return the metrics of all workers, in the format of Prometheus."""
        if self._folder is None:
            return generate_latest(self._registry)
        every = CollectorRegistry()
        MultiProcessCollector(every, path=str(self._folder))
        return generate_latest(every)
