"""What a server accepts, and how it batches."""

from dataclasses import dataclass

from kbert.choices import Backend
from kbert.config.checks import check_at_least_1
from kbert.errors import InputError
from kbert.findings import Cure, Option

_MAX_PORT = 65535
_COUNTS = ("workers", "threads", "batch_size", "max_queue", "max_texts", "max_bytes")


@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """The address of a server, its workers, and the limits of what it accepts.

    Example:

    ```python
    assert ServeOptions().host == "127.0.0.1"
    ```
    """

    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 is every address of the machine."""
    port: int = 8000
    """Port to listen on; 0 takes a free one and prints it."""
    workers: int = 1
    """Processes that answer, each with a model of its own."""
    threads: int | None = None
    """Threads of each worker's computations; by default its share of the cores."""
    backend: Backend | None = None
    """Keras backend of a model that is not exported; by default as in training."""
    batch_size: int = 32
    """Texts per batch, those of several requests together."""
    max_wait_ms: float = 2.0
    """Milliseconds that a request waits for others to share its batch."""
    max_queue: int = 1024
    """Texts that may wait in each worker; further requests are answered with 429."""
    max_texts: int = 256
    """Texts of one request; more are answered with 413."""
    max_bytes: int = 1_048_576
    """Bytes of the body of one request; more are answered with 413."""

    def __post_init__(self) -> None:
        for name in _COUNTS:
            check_at_least_1(name, getattr(self, name))
        if not 0 <= self.port <= _MAX_PORT:
            raise InputError(
                "{option} must be from 0 to {largest}. Received: {port}",
                option=Option("port"),
                largest=_MAX_PORT,
                port=self.port,
            )
        if not 0 <= self.max_wait_ms <= 60_000:
            raise InputError(
                "{option} must be from 0 to 60000 milliseconds. Received: {wait}",
                option=Option("max_wait_ms"),
                wait=self.max_wait_ms,
            )
        if self.max_texts > self.max_queue:
            raise InputError(
                "A request of {texts:,} texts would never find room in a queue of {queue:,}.",
                texts=self.max_texts,
                queue=self.max_queue,
                cure=Cure({"max_queue": self.max_texts}),
            )
