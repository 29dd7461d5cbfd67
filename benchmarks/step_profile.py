"""Where the time of a step goes, in training and in prediction, by each backend's own profiler.

    python -m benchmarks.step_profile

MiniLM's steps are profiled on batches of 32 film reviews, as `kbert train` makes them, and, in
float32, on batches of 32 texts of similar length, as `kbert predict` makes them. The parts of the
model are named, and each operation counts for the part that it computes; an operation of a gradient
counts for the part whose gradient it is. `benchmarks.profilers` explains how this is determined. A
step is also timed by the clock, without a profiler. Each backend is profiled twice: as it is, and
without the techniques that make kbert's training faster (see `benchmarks.techniques`).
"""

import argparse
import itertools
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.parts import PARTS, REST, name_parts
from benchmarks.profilers import PROFILERS, scope_of
from benchmarks.sides import BACKENDS, in_a_process
from benchmarks.techniques import TECHNIQUES
from benchmarks.training_speed import BATCH, LEARNING_RATE, MAX_LENGTHS, read_rows, set_precision
from benchmarks.training_table import PRECISIONS

_STEPS, _WARM = 5, 3
_NOTHING = "none"
_KINDS = {"train": "training", "predict": "prediction"}


def measure(data: str, rows: int, folder: Path, kind: str = "train") -> dict[str, float]:
    """Return the seconds of each part in a step, and the seconds of a step by the clock.

    Args:
        data: str. The data set.
        rows: int. How many of its rows are read.
        folder: Path. Where the profiler may write.
        kind: str. "train" or "predict". Defaults to "train".
    """
    import keras

    from kbert import Batches, BertClassifier, Examples, Labels, TrainingPlan, create_optimizer
    from kbert.models import text_model

    backend = keras.backend.backend()
    text_model.keep_freed_memory()  # as `fit` does
    texts, labels = read_rows(data, rows)
    names = Labels(("negative", "positive"))
    model = BertClassifier.from_preset(
        "minilm",
        names,
        max_length=MAX_LENGTHS[data],
        dtype=keras.config.dtype_policy(),
        pooling="cls",
    )
    plan = TrainingPlan(rows, BATCH, 3, LEARNING_RATE)
    examples = Examples(texts, label_ids=labels, labels=names)
    batches: Any = model.batches(examples, plan)
    if kind == "predict":
        batches = Batches(batches.store, BATCH, order="length", few_shapes=batches.few_shapes)
    name_parts(model, scope_of(backend))
    model.compile(optimizer=create_optimizer(plan))
    # One shape, so that nothing is compiled meanwhile.
    shapes = Counter(batches.shape(index) for index in range(len(batches)))
    shape = shapes.most_common(1)[0][0]
    ready = [batches[i] for i in range(len(batches)) if batches.shape(i) == shape][:_STEPS]

    def run(batch: Any) -> None:
        if kind == "predict":
            model.predict_on_batch(batch[0])
        else:
            model.train_on_batch(*batch)

    def steps() -> None:
        for step in range(_STEPS):
            run(ready[step % len(ready)])

    for _ in range(_WARM):
        run(ready[0])
    clock = []
    for _ in range(3):
        started = time.perf_counter()
        steps()
        clock.append((time.perf_counter() - started) / _STEPS)
    seconds = PROFILERS[backend](steps, folder, kind)
    return {**{part: s / _STEPS for part, s in seconds.items()}, "clock": min(clock)}


def table(found: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """Return the lines of the table; `found` has the seconds of each column."""
    yield f"| part | {' | '.join(found)} |"
    yield "|---" * (len(found) + 1) + "|"
    parts = {**PARTS, REST: REST}
    totals = {b: sum(each.get(part, 0.0) for part in parts) for b, each in found.items()}
    for part, name in parts.items():
        shares = (f"{each.get(part, 0.0) / totals[b]:.0%}" for b, each in found.items())
        yield f"| {name} | {' | '.join(shares)} |"
    yield f"| the operations of a step, added | {_milliseconds(totals.values())} |"
    clocks = _milliseconds(each["clock"] for each in found.values())
    yield f"| a step by the clock | {clocks} |"


def _milliseconds(seconds: Any) -> str:
    return " | ".join(f"{1000 * each:.0f} ms" for each in seconds)


def _found(
    options: argparse.Namespace, data: str, kind: str, precision: str
) -> dict[str, dict[str, float]]:
    """Return the seconds on each backend, with and without the techniques to switch off."""
    found = {}
    for backend, off in itertools.product(options.backends, options.off):
        flags = ("--alone", "--rows", options.rows, "--data", data, "--off", off, "--kinds", kind)
        name = backend if off == _NOTHING else f"{backend}, {_without(off)}"
        found[name] = in_a_process("step_profile", backend, *flags, "--precisions", precision)
        print(f"{data}, {kind}, {precision}, {name}: {found[name]}", file=sys.stderr)
    return found


def _without(off: str) -> str:
    return f"without {TECHNIQUES[off].name}" if off != "all" else "without the techniques"


def main() -> None:
    """Print the tables, or one backend's numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=640, help="of which a few batches are taken")
    parser.add_argument("--data", nargs="+", choices=MAX_LENGTHS, default=["rotten_tomatoes"])
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument(
        "--off", nargs="+", choices=(_NOTHING, *TECHNIQUES), default=[_NOTHING, "all"]
    )
    parser.add_argument("--kinds", nargs="+", choices=_KINDS, default=list(_KINDS))
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        with tempfile.TemporaryDirectory() as folder:
            # JAX reads this when it is imported, and writes its compiled programs to the folder.
            os.environ["XLA_FLAGS"] = f"--xla_dump_to={folder} --xla_dump_hlo_as_text"
            set_precision(options.precisions[0])
            if options.off != [_NOTHING]:
                TECHNIQUES[options.off[0]].switch_off()
            found = measure(options.data[0], options.rows, Path(folder), options.kinds[0])
            print(json.dumps(found))
        return
    for data in options.data:
        for kind in options.kinds:
            for precision in options.precisions if kind == "train" else ("float32",):
                most = MAX_LENGTHS[data]
                print(f"### {data}, at most {most} tokens, {_KINDS[kind]}, {precision}\n")
                print("\n".join(table(_found(options, data, kind, precision))) + "\n", flush=True)


if __name__ == "__main__":
    main()
