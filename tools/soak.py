"""Train for many epochs, kill and resume at random, and watch memory, disk and results.

    python -m tools.soak --minutes 20

Every attempt is killed after a random time; the run is resumed until all epochs are done and then
compared with an undisturbed one; then the next run starts. Once a minute, prints the greatest
memory of an attempt, the disk space of a run, and how many runs end with identical bits. The exit
status is 1 if memory or disk space grows, or a result differs.
"""

import argparse
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tools.kill_runs import Tally, attempt, content, load, make_work, strays

_EPOCHS = 12


def disk(run: Path) -> float:
    """Return the megabytes of a run, except its log of steps, which is meant to grow."""
    files = [path for path in run.rglob("*") if path.is_file() and path.suffix != ".csv"]
    return sum(path.stat().st_size for path in files) / 1e6


def memory() -> float:
    """Return the greatest memory of any attempt so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3


def soak(minutes: float, folder: Path) -> bool:
    """Train, kill and resume for a time; return whether nothing grew and all results agree."""
    chance, tally = random.Random(1), Tally()
    flags = [*make_work(folder, epochs=_EPOCHS), "--checkpoint-steps", "10"]
    undisturbed = folder / "undisturbed"
    assert attempt(undisturbed, flags, None, tally)
    expected, first_memory = content(undisturbed), memory()
    max_disk = first_disk = disk(undisturbed)
    run, end, shown = folder / "run", time.monotonic() + 60 * minutes, 0.0
    while time.monotonic() < end:
        if attempt(run, flags, chance, tally):
            tally.compared += 1
            tally.equal += content(run) == expected
            tally.strays += len(strays(run))
            max_disk = max(max_disk, disk(run))
            shutil.rmtree(run)
            run.with_suffix(".log").unlink()
        if time.monotonic() - shown > 60:
            shown = time.monotonic()
            print(
                f"kills {tally.kills}, runs {tally.compared} equal {tally.equal}, memory "
                f"at most {memory():,.0f} MB (undisturbed {first_memory:,.0f}), disk at most "
                f"{max_disk:.1f} MB (undisturbed {first_disk:.1f}), strays {tally.strays}",
                flush=True,
            )
    print(tally)
    grew = memory() > 1.1 * first_memory or max_disk > 1.1 * first_disk
    return tally.compared == tally.equal and tally.compared > 0 and not grew and not tally.strays


def main() -> None:
    """Parse the arguments and soak."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--backend", default="torch")
    options = parser.parse_args()
    os.environ["PYTHONUNBUFFERED"] = "1"

    load(options.backend)
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(0 if soak(options.minutes, Path(folder)) else 1)


if __name__ == "__main__":
    main()
