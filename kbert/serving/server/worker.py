"""A process that answers: one event loop for HTTP, and threads that compute and load."""

import asyncio
import gc
import logging
import os
import socket
import sys
import time
import traceback
import warnings
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from kbert.backend.freed_memory import give_back_freed_memory
from kbert.errors import InputError, KbertError, MachineError, UnknownTokensWarning
from kbert.serving.server.worker_settings import WorkerSettings
from kbert.utils.foreign import reason_of
from kbert.utils.lasting_stream import LastingStream
from kbert.utils.missing_package import missing_package

if TYPE_CHECKING:
    from kbert.serving.server.served_model import ServedModel

DRAIN_SECONDS = 30.0
"""How long a worker that stops waits for the requests that it has taken."""
# Longer than a proxy in front keeps a connection: else it may send a request into a closed one.
_KEEP_ALIVE_SECONDS = 75


def work(settings: WorkerSettings, listener: socket.socket, pipe: Connection) -> None:
    """Run a worker until it is told to stop, or the process that started it is gone.

    The worker answers "load" with "loaded", or with "refused" and the error. Then "switch" makes
    the new model take over, and the worker answers "switched"; "drop" discards the new model.
    "stop" ends the worker. Once, unasked, it sends "ready", or "failed" with the error.

    Args:
        settings: WorkerSettings.
        listener: socket. It is bound, and the same in all workers.
        pipe: Connection. To the process that started the worker.
    """
    # Read by prometheus_client when it is imported, as below.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(settings.metrics)
    _log_in_lines(settings.verbosity)
    asyncio.run(_Worker(settings, listener, pipe).run())
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)  # at a normal exit, frameworks may fail or wait for the loading thread


class _Worker:
    """The tasks of a worker."""

    def __init__(self, settings: WorkerSettings, listener: socket.socket, pipe: Connection) -> None:
        import uvicorn

        from kbert.serving.server.app import create_app
        from kbert.serving.server.envelope import Envelope
        from kbert.serving.server.metrics import Metrics
        from kbert.serving.server.service import Service

        self.settings = settings
        self.listener = listener
        self.pipe = pipe
        self.metrics = Metrics(settings.metrics)
        self.service = Service(settings.options, self.metrics, self.log_error)
        self.commands: asyncio.Queue[str] = asyncio.Queue()
        self.stopping = asyncio.Event()
        # One thread loads all models: each thread has its own memory arena, which it keeps.
        self.loading = ThreadPoolExecutor(1, thread_name_prefix="load")
        app = Envelope(create_app(self.service), self.service, self.log_request)
        self.server = uvicorn.Server(
            uvicorn.Config(
                app,
                loop="asyncio",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=1,  # `Service.stop` has waited
            )
        )

    async def run(self) -> None:
        """Load the model and answer, until "stop" or the end of the pipe."""
        asyncio.get_running_loop().add_reader(self.pipe.fileno(), self.receive)
        batches = asyncio.create_task(self.service.run())
        serving = None
        if self.settings.listens_at_once:
            serving = asyncio.create_task(self.server.serve([self.listener]))
        if await self.load_first():
            serving = serving or asyncio.create_task(self.server.serve([self.listener]))
            obeying = asyncio.create_task(self.obey())
            await self.stopping.wait()
            obeying.cancel()
            left = await self.service.stop(DRAIN_SECONDS)
            if left:
                log(f"{left} requests were not answered in {DRAIN_SECONDS:.0f} seconds")
        batches.cancel()
        self.server.should_exit = True
        if serving is not None:
            await serving

    def receive(self) -> None:
        """Take a command from the pipe; the end of the pipe means "stop"."""
        try:
            command = self.pipe.recv()
        except (EOFError, OSError):
            command = "stop"
            asyncio.get_running_loop().remove_reader(self.pipe.fileno())
        if command == "stop":
            self.stopping.set()
        else:
            self.commands.put_nowait(command)

    async def load_first(self) -> bool:
        """Load the first model; return whether that succeeded."""
        found = await self.load()
        if isinstance(found, KbertError):
            self.send("failed", found)
            return False
        self.service.use(found)
        self.send("ready")
        return True

    async def obey(self) -> None:
        """Carry out commands, one after the other."""
        fresh: ServedModel | None = None
        while True:
            command = await self.commands.get()
            if command == "load":
                found = await self.load()
                if isinstance(found, KbertError):
                    self.send("refused", found)
                else:
                    fresh = found
                    self.send("loaded")
                continue
            if command == "switch" and fresh is not None:
                self.service.use(fresh)
            self.metrics.count_reload("done" if command == "switch" else "failed")
            if command == "switch":
                self.send("switched")
            fresh = None
            gc.collect()  # the parts of a Keras model refer to one another
            give_back_freed_memory()

    async def load(self) -> "ServedModel | KbertError":
        """Return the model at the path, or why there is none, while requests are answered."""
        return await asyncio.get_running_loop().run_in_executor(self.loading, _load, self.settings)

    def send(self, event: str, error: KbertError | None = None) -> None:
        """Send an event to the process that started this one."""
        try:
            send_over(self.pipe, event, error)
        except OSError:
            self.stopping.set()

    def log_request(self, line: str) -> None:
        """Write a line of the request log, which --quiet turns off."""
        if self.settings.verbosity:
            LastingStream("stderr").write(f"{line}\n")

    def log_error(self, error: BaseException) -> None:
        """Write what was raised, and where.

        An exception's message may quote a text, so it is written only if more output was asked for.
        """
        frames = traceback.extract_tb(error.__traceback__)
        where = f" at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
        said = f": {reason_of(error)}" if self.settings.verbosity > 1 else ""
        log(f"{type(error).__name__}{where}{said}")


def send_over(pipe: Connection, event: str, error: KbertError | None) -> None:
    """Send an event with its error; an error that cannot be sent is replaced by its message."""
    try:
        pipe.send((event, error))
    except OSError:
        raise
    except Exception:  # an error may have values of any kind
        pipe.send((event, InputError("{reason}", reason=str(error))))


def log(text: str) -> None:
    """Write a line about a fault."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    LastingStream("stderr").write(f"{moment} error: {text}\n")


def _load(settings: WorkerSettings) -> "ServedModel | KbertError":
    """Return the model at the path, or an error that another process can raise."""
    from kbert.serving.server.served_model import ServedModel

    options = settings.options
    try:
        return ServedModel.load(
            settings.model, options.backend, options.threads, options.batch_size
        )
    except KbertError as error:
        return error
    except ModuleNotFoundError as error:
        return InputError("{reason}", reason=missing_package(error.name) or str(error))
    except Exception as error:
        return MachineError(
            "{model} could not be loaded: {reason}.", model=settings.model, reason=reason_of(error)
        )


def _log_in_lines(verbosity: int) -> None:
    """Write what libraries log in single lines, without tracebacks or texts of requests."""

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            log(record.getMessage().splitlines()[0] if record.getMessage() else record.name)

    logger = logging.getLogger("uvicorn")
    logger.handlers = [Lines(logging.WARNING)]
    logger.propagate = False

    def show(message: Any, category: type[Warning], *arguments: Any, **named: Any) -> None:
        if issubclass(category, UnknownTokensWarning):  # it quotes a word
            log("most of the tokens of a request are [UNK]: the model does not know its texts")
        elif verbosity > 1:
            log(f"{category.__name__}: {message}")

    warnings.showwarning = show
