"""The cost of PlanGuard: epochs with and without it take turns in one fit, on each backend.

Half of the epochs are guarded. The share is the time of the guard's own calls, divided by the time
of the guarded epochs. The ratio is the median guarded epoch divided by the median unguarded one; it
depends on other load on the machine. The predict function, which every evaluation needs too, is
traced beforehand.
"""

import argparse
import json
import time
from typing import Any

import numpy as np

from benchmarks.sides import BACKENDS, in_a_process
from benchmarks.training_speed import BATCH, MAX_LENGTHS, read_rows

DATA = "rotten_tomatoes"


def measure(rows: int, epochs: int) -> dict[str, float]:
    """Return the share of a guarded epoch that its guard takes, and the ratio of the medians."""
    import keras

    from kbert import BertClassifier, Examples, Labels, PlanGuard, TrainingPlan, create_optimizer
    from kbert.callbacks.watches.label_watch import LabelWatch

    texts, labels = read_rows(DATA, rows)
    names = Labels(("negative", "positive"))
    model = BertClassifier.from_preset("minilm", names, max_length=MAX_LENGTHS[DATA])
    plan = TrainingPlan(rows, BATCH, epochs)
    batches = model.batches(Examples(texts, label_ids=labels, labels=names), plan)
    model.compile(optimizer=create_optimizer(plan))
    LabelWatch(batches, BATCH).judge(model)  # traces the predict function, which evaluation shares

    class ByTurns(PlanGuard):
        """A guard that sleeps in even epochs, and times itself in odd ones."""

        inside, epochs, on = 0.0, [], True

        def _timed(self, call: Any, *arguments: Any) -> None:
            if not self.on:
                if call.__name__ == "on_train_batch_end":
                    self._batches = self._epoch_start + arguments[0] + 1
                return
            started = time.perf_counter()
            call(*arguments)
            self.inside += time.perf_counter() - started

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            super().on_epoch_begin(epoch, logs)
            self.on, self.inside, self._begun = epoch % 2 == 1, 0.0, time.perf_counter()

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            self._timed(super().on_train_batch_begin, batch, logs)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            float(logs["loss"])  # waits for the step, which is not the guard's cost
            self._timed(super().on_train_batch_end, batch, logs)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self._timed(super().on_epoch_end, epoch, logs)
            self.epochs.append((epoch, time.perf_counter() - self._begun, self.inside))

    guard = ByTurns(plan, verbose=0)
    keras.utils.set_random_seed(0)
    model.fit(batches, epochs=epochs, verbose=0, callbacks=[guard])
    later = guard.epochs[2:]  # the first ones trace and compile
    guarded = [(seconds, inside) for epoch, seconds, inside in later if epoch % 2 == 1]
    others = [seconds for epoch, seconds, _ in later if epoch % 2 == 0]
    return {
        "share": sum(inside for _, inside in guarded) / sum(seconds for seconds, _ in guarded),
        "ratio": float(np.median([seconds for seconds, _ in guarded]) / np.median(others)),
    }


def main() -> None:
    """Print the table, or one backend's numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=480)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(measure(options.rows, options.epochs)))
        return
    print(
        f"MiniLM, {options.rows} rows, batch {BATCH}, {options.epochs} epochs, every other guarded"
    )
    print(f"{'backend':<12}{'share':>10}{'ratio':>10}")
    for backend in options.backends:
        flags = ("--here", "--rows", options.rows, "--epochs", options.epochs)
        measured = in_a_process("guard_cost", backend, *flags)
        print(f"{backend:<12}{measured['share']:>10.2%}{measured['ratio']:>10.3f}", flush=True)


if __name__ == "__main__":
    main()
