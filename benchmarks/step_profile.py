"""Where the time of a training step goes, by each backend's own profiler.

    python -m benchmarks.step_profile

Steps of MiniLM on batches of 32 film reviews, as `kbert train` makes them. The parts of the model
are named, and each operation counts for the part that it computes, that of a gradient for the part
whose gradient it is. How this is known differs, and so does what the figures say:

- torch: torch.profiler; the time of each operation without those inside it. A gradient is matched
  with its operation by autograd's sequence number.
- TensorFlow: tf.profiler; the names of operations. Several run at once, on fewer cores each, so
  the sum of their times may exceed the step's.
- JAX: jax.profiler, and the names in the program that XLA has compiled. XLA fuses operations of
  neighbouring parts, such as a bias, GELU and dropout; all of a fusion counts for its last one.

A step is also timed by the clock, without a profiler.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.parts import PARTS, REST, name_parts, part_of
from benchmarks.sides import BACKENDS, in_a_process
from benchmarks.training_speed import BATCH, LEARNING_RATE, MAX_LENGTHS, read_rows, set_precision
from benchmarks.training_table import PRECISIONS

_STEPS, _WARM = 5, 3
_HLO = re.compile(r"^\s*(?:ROOT )?%?([\w.-]+) = .*?op_name=\"([^\"]*)\"", re.MULTILINE)

Seconds = Counter[str]


def of_torch(steps: Callable[[], None], folder: Path) -> Seconds:
    """Return the seconds of each part on torch."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        steps()
    events = sorted(profiled.events(), key=lambda event: event.time_range.start)
    forward: dict[int, str] = {}  # by autograd's sequence number
    seconds: Seconds = Counter()
    for event in events:
        part, parent = None, event
        while part is None and parent is not None:
            part = part_of(parent.name)
            if part is None and parent.name.startswith("autograd::engine::evaluate_function"):
                part = forward.get(parent.sequence_nr)
                break
            parent = parent.cpu_parent
        if part is not None and event.sequence_nr >= 0 and "evaluate_function" not in event.name:
            forward[event.sequence_nr] = part  # the last one has made the gradient's node
        if not event.is_user_annotation:
            seconds[part or REST] += event.self_cpu_time_total / 1e6
    return seconds


def of_tensorflow(steps: Callable[[], None], folder: Path) -> Seconds:
    """Return the seconds of each part on TensorFlow."""
    import tensorflow as tf

    tf.profiler.experimental.start(str(folder))
    steps()
    tf.profiler.experimental.stop()
    seconds: Seconds = Counter()
    for name, stats, duration in _events(folder):
        if "tf_op" in stats or re.fullmatch(r"[\w./-]+:\w+", name):
            full = str(stats.get("tf_op", name))
            seconds[part_of(full) or REST] += duration
    return seconds


def of_jax(steps: Callable[[], None], folder: Path) -> Seconds:
    """Return the seconds of each part on JAX."""
    import jax

    names: dict[str, str] = {}
    for file in folder.rglob("*train_step*after_optimizations.txt"):
        names |= dict(_HLO.findall(file.read_text(encoding="utf-8")))
    with jax.profiler.trace(str(folder)):
        steps()
    seconds: Seconds = Counter()
    for _, stats, duration in _events(folder):
        if "train_step" in str(stats.get("hlo_module", "")):
            seconds[part_of(names.get(str(stats["hlo_op"]), "")) or REST] += duration
    return seconds


def _events(folder: Path) -> Iterator[tuple[str, dict[str, Any], float]]:
    """Yield name, facts and seconds of each event of a trace; jax reads TensorFlow's too."""
    from jax.profiler import ProfileData

    for file in folder.rglob("*.xplane.pb"):
        for plane in ProfileData.from_file(str(file)).planes:
            for line in plane.lines:
                for event in line.events:
                    yield event.name, dict(event.stats), event.duration_ns / 1e9


_PROFILERS = {"torch": of_torch, "tensorflow": of_tensorflow, "jax": of_jax}


def measure(data: str, rows: int, folder: Path) -> dict[str, float]:
    """Return the seconds of each part in a step, and those of a step by the clock."""
    import keras

    from kbert import BertClassifier, Examples, Labels, TrainingPlan, create_optimizer
    from kbert.backend.freed_memory import keep_freed_memory

    backend = keras.backend.backend()
    keep_freed_memory()
    texts, labels = read_rows(data, rows)
    names = Labels(("negative", "positive"))
    model = BertClassifier.from_preset(
        "minilm", names, max_length=MAX_LENGTHS[data], dtype=keras.config.dtype_policy()
    )
    plan = TrainingPlan(rows, BATCH, 3, LEARNING_RATE)
    batches = model.batches(Examples(texts, label_ids=labels, labels=names), plan)
    name_parts(model, _scope(backend))
    model.compile(optimizer=create_optimizer(plan))
    # One shape, so that nothing is compiled meanwhile.
    shapes = Counter(batches.shape(index) for index in range(len(batches)))
    shape = shapes.most_common(1)[0][0]
    ready = [batches[i] for i in range(len(batches)) if batches.shape(i) == shape][:_STEPS]

    def steps() -> None:
        for step in range(_STEPS):
            model.train_on_batch(*ready[step % len(ready)])

    for _ in range(_WARM):
        model.train_on_batch(*ready[0])
    clock = []
    for _ in range(3):
        started = time.perf_counter()
        steps()
        clock.append((time.perf_counter() - started) / _STEPS)
    seconds = _PROFILERS[backend](steps, folder)
    return {**{part: s / _STEPS for part, s in seconds.items()}, "clock": min(clock)}


def _scope(backend: str) -> Callable[[str], Any]:
    if backend == "torch":
        from torch.profiler import record_function

        return record_function
    if backend == "jax":
        import jax

        return jax.named_scope
    import tensorflow as tf

    return tf.name_scope


def table(found: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """Return the lines of the table of what was found on each backend."""
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


def main() -> None:
    """Print the tables, or one backend's numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=640, help="of which a few batches are taken")
    parser.add_argument("--data", nargs="+", choices=MAX_LENGTHS, default=["rotten_tomatoes"])
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        with tempfile.TemporaryDirectory() as folder:
            # Read when jax is imported; it writes the programs that it has compiled there.
            os.environ["XLA_FLAGS"] = f"--xla_dump_to={folder} --xla_dump_hlo_as_text"
            set_precision(options.precisions[0])
            print(json.dumps(measure(options.data[0], options.rows, Path(folder))))
        return
    for data in options.data:
        for precision in options.precisions:
            print(f"### {data}, at most {MAX_LENGTHS[data]} tokens, {precision}\n")
            found = {}
            for backend in options.backends:
                flags = ("--alone", "--rows", options.rows, "--data", data)
                found[backend] = in_a_process(
                    "step_profile", backend, *flags, "--precisions", precision
                )
                print(f"{data}, {precision}, {backend}: {found[backend]}", file=sys.stderr)
            print("\n".join(table(found)) + "\n", flush=True)


if __name__ == "__main__":
    main()
