"""A run that takes no time, in a process as a sweep starts it: `quick_run CONFIG RUN OUTCOME`."""

import sys
import time
from pathlib import Path

from kbert import TrainConfig
from kbert.sweeps.workers.workers import Outcome
from tests.sweeps.fake_workers import write_epochs


def main(config, run, outcome):
    settings = TrainConfig.from_toml(config)
    if settings.learning_rate > 1:
        Outcome("refused", "the loss is not a number").write(Path(outcome))
        return
    if settings.epochs > 100:
        try:
            (Path(run).parent / "begun").touch()
            time.sleep(300)
        except KeyboardInterrupt:
            Outcome("stopped").write(Path(outcome))
        return
    score = settings.learning_rate + settings.seed / 1000
    write_epochs(Path(run), [score / 2, score])
    Outcome("finished").write(Path(outcome))


if __name__ == "__main__":
    import signal

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main(*sys.argv[1:])
