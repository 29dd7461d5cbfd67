"""The process that trains a run of a sweep, with the messages of the command line."""

import signal
import sys
from pathlib import Path
from types import FrameType

from kbert.cli.language import catalogue
from kbert.cli.words import FlagWords
from kbert.findings import speaking
from kbert.runs.stop_signals import STOP_SIGNALS
from kbert.sweeps.workers.train_run import follow_driver, train_run


def main(config: str, run: str, outcome: str) -> None:
    """Train a run, and write how it has ended to a file.

    Args:
        config: str. The file of its settings.
        run: str. Its directory.
        outcome: str. The file to write how it has ended to.
    """
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)
    follow_driver()
    with speaking(FlagWords(catalogue([]))):
        ended = train_run(Path(config), Path(run))
    print(ended.reason, file=sys.stderr, flush=True)
    ended.write(Path(outcome))


def _stop(number: int, frame: FrameType | None) -> None:
    raise STOP_SIGNALS[signal.Signals(number)]


if __name__ == "__main__":
    main(*sys.argv[1:])
