"""The memory of `kbert serve` under load, over minutes.

    python -m benchmarks.serving_soak EXPORT --minutes 10

Clients send requests without a pause; the resident memory of the server's processes is read every
minute. The first minute is the warm-up. With `--reload`, the model is also reloaded every minute.
"""

import argparse
import contextlib
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.load import Answers, load, started
from benchmarks.serving_load import free_port
from benchmarks.training_speed import read_rows


def resident_mb(parent: int) -> dict[str, float]:
    """Return the resident memory in MiB of a process and of those that it has started."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            status = (folder / "status").read_text()
            values = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
            command = (folder / "cmdline").read_bytes()
            if int(folder.name) == parent:
                found["supervisor"] = int(values["VmRSS"].split()[0]) / 1024
            elif int(values["PPid"]) == parent and b"spawn_main" in command:
                name = f"worker {len(found.keys() - {'supervisor'}) + 1}"
                found[name] = int(values["VmRSS"].split()[0]) / 1024
    return dict(sorted(found.items()))


def main() -> None:
    """Print a line each minute, and the growth."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--reload", action="store_true")
    options = parser.parse_args()
    port, texts = free_port(), read_rows("rotten_tomatoes", 960)[0]
    command = [sys.executable, "-m", "kbert", "serve", "-q", str(options.model.resolve())]
    command += ["--port", str(port), "--workers", str(options.workers)]
    seconds = 60.0 * options.minutes
    with tempfile.TemporaryDirectory() as name, started(command, Path(name), port) as server:
        answers: list[Answers] = []
        asking = threading.Thread(
            target=lambda: answers.append(load(port, texts, options.clients, seconds, plain=False))
        )
        asking.start()
        told = []
        for minute in range(1, options.minutes + 1):
            if options.reload:
                server.send_signal(signal.SIGHUP)
            time.sleep(60 if minute < options.minutes else 55)
            told.append(resident_mb(server.pid))
            line = ", ".join(f"{process} {mb:.1f}" for process, mb in told[-1].items())
            print(f"minute {minute}: MiB {line}", flush=True)
        asking.join()
    for process in told[0]:
        first, last = told[0][process], told[-1][process]
        print(f"{process}: {first:.1f} MiB after a minute, {last:.1f} at the end")
    print(
        "answers: " + ", ".join(f"{n:,} with {s}" for s, n in sorted(answers[0].statuses.items()))
    )


if __name__ == "__main__":
    main()
