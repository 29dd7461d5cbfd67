"""The backends' own profilers: how many seconds each part of a model's steps takes.

They identify the parts in different ways, so their figures mean different things:

- torch: torch.profiler; the time of each operation without the operations inside it. A gradient is
  matched with its operation by autograd's sequence number.
- TensorFlow: tf.profiler; the names of operations. Several operations run at once, on fewer cores
  each, so the sum of their times may exceed that of the step.
- JAX: jax.profiler, and the names in the program that XLA has compiled. XLA fuses operations of
  neighboring parts, such as a bias, GELU and dropout; a whole fusion counts for its last part.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.parts import REST, part_of

_HLO = re.compile(r"^\s*(?:ROOT )?%?([\w.-]+) = .*?op_name=\"([^\"]*)\"", re.MULTILINE)

Seconds = Counter[str]


def of_torch(steps: Callable[[], None], folder: Path, kind: str) -> Seconds:
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
            forward[event.sequence_nr] = part  # the last one has created the gradient's node
        if not event.is_user_annotation:
            seconds[part or REST] += event.self_cpu_time_total / 1e6
    return seconds


def of_tensorflow(steps: Callable[[], None], folder: Path, kind: str) -> Seconds:
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


def of_jax(steps: Callable[[], None], folder: Path, kind: str) -> Seconds:
    """Return the seconds of each part on JAX."""
    import jax

    names: dict[str, str] = {}
    for file in folder.rglob(f"*{kind}_step*after_optimizations.txt"):
        names |= dict(_HLO.findall(file.read_text(encoding="utf-8")))
    with jax.profiler.trace(str(folder)):
        steps()
    seconds: Seconds = Counter()
    for _, stats, duration in _events(folder):
        if f"{kind}_step" in str(stats.get("hlo_module", "")):
            seconds[part_of(names.get(str(stats["hlo_op"]), "")) or REST] += duration
    return seconds


def _events(folder: Path) -> Iterator[tuple[str, dict[str, Any], float]]:
    """Yield the name, stats and seconds of each event of a trace; jax reads TensorFlow's too."""
    from jax.profiler import ProfileData

    for file in folder.rglob("*.xplane.pb"):
        for plane in ProfileData.from_file(str(file)).planes:
            for line in plane.lines:
                for event in line.events:
                    yield event.name, dict(event.stats), event.duration_ns / 1e9


PROFILERS = {"torch": of_torch, "tensorflow": of_tensorflow, "jax": of_jax}
"""Functions that take the steps, a folder to write into, and "train" or "predict"."""


def scope_of(backend: str) -> Callable[[str], Any]:
    """Return the scope that names operations on a backend."""
    if backend == "torch":
        from torch.profiler import record_function

        return record_function
    if backend == "jax":
        import jax

        return jax.named_scope
    import tensorflow as tf

    return tf.name_scope
