"""What several devices give, and where they stop paying off: the tables of docs/scaling.md.

    python -m benchmarks.scaling

Steps of MiniLM, and of a BERT-Base with random weights, are timed on this machine with JAX, on
batches of 32 rows of 64 tokens in float32; the fastest step counts. On a CPU, the time is the CPU
time divided by the number of cores, which does not include other work on the machine. The bytes
that a step exchanges are counted from the weights of each model. `benchmarks.scaling_model`
computes what follows for several devices, for an accelerator that is `--faster` than this machine
or whose steps take `--step-ms`, and for links of `--gigabits` and `--latency-us`. The updates are
those of kbert's own plan.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.models import MODELS, model_folder
from benchmarks.scaling_model import (
    BYTES,
    Link,
    Scaled,
    as_many_rows_on_each,
    most_devices,
    sent_bytes,
    the_same_batch,
)
from benchmarks.sides import in_a_process

ROWS, TOKENS, EPOCHS = 32, 64, 3
_HOST_DEVICES = 8
_WARM = 2  # steps that compile, or come just after


def _model(name: str) -> Any:
    """Return a classifier of two classes."""
    from kbert import BertClassifier

    with tempfile.TemporaryDirectory() as folder:
        return BertClassifier.from_preset(
            model_folder(name, Path(folder)),
            ["negative", "positive"],
            max_length=TOKENS,
            pretrained=False,
            pooling="cls",
        )


def measure(name: str, steps: int) -> dict[str, float]:
    """Return the number of a model's weights, and the seconds of a step."""
    import keras
    import numpy as np

    from kbert import Examples, Labels, TrainingPlan, create_optimizer

    model = _model(name)
    labels = Labels(("negative", "positive"))
    ids = np.arange(ROWS, dtype=np.int32) % 2
    texts = [" ".join(["film"] * TOKENS)] * ROWS
    examples = Examples(texts, label_ids=ids, labels=labels)
    model.compile(optimizer=create_optimizer(TrainingPlan(examples=ROWS, epochs=100)))
    batch = model.batches(examples, batch_size=ROWS)[0]
    seconds = []
    for _ in range(_WARM + steps if steps else 0):
        started = _clock()
        float(keras.ops.convert_to_numpy(model.train_on_batch(*batch)))
        seconds.append(_clock() - started)
    parameters = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    return {"parameters": parameters, "seconds": min(seconds[_WARM:], default=0.0)}


def _clock() -> float:
    """Return seconds; on a CPU, the CPU time per core, which does not include other work."""
    import jax

    from kbert.backend.machine import threads

    if jax.default_backend() != "cpu":
        return time.perf_counter()
    return time.process_time() / threads("jax")


def _all_reduce(parameters: int) -> dict[str, float]:
    """Return the times of an exchange among virtual devices of this host."""
    flag = f"--xla_force_host_platform_device_count={_HOST_DEVICES}"
    before = os.environ.get("XLA_FLAGS")
    os.environ["XLA_FLAGS"] = flag  # for the process that is started
    try:
        return in_a_process("all_reduce", "jax", "--numbers", parameters)
    finally:
        os.environ.pop("XLA_FLAGS")
        if before is not None:
            os.environ["XLA_FLAGS"] = before


def measured_table(found: dict[str, dict[str, float]], devices: list[int]) -> Iterator[str]:
    """Yield the lines of the measurements, and of the bytes that follow from them."""
    sent = " | ".join(f"sent on {d}" for d in devices)
    yield f"A step of {ROWS} rows x {TOKENS} tokens, and what each device sends in it:"
    yield ""
    yield f"| model | weights | gradients | step | rows/s | {sent} |"
    yield "|---" * (5 + len(devices)) + "|"
    for name, each in found.items():
        parameters = int(each["parameters"])
        bytes_ = " | ".join(f"{sent_bytes(parameters, d) / 1e6:.0f} MB" for d in devices)
        yield (
            f"| {name} | {parameters:,} | {BYTES * parameters / 1e6:.0f} MB | "
            f"{_ms(each['seconds'])} | {ROWS / each['seconds']:.1f} | {bytes_} |"
        )


def speed_up_table(
    name: str, step: float, parameters: int, devices: list[int], links: list[Link]
) -> Iterator[str]:
    """Yield the lines of the speed-ups of a model whose step takes `step` seconds on one device."""
    yield f"{name}, {_ms(step)} a step on one device:"
    yield ""
    yield (
        "| link | devices | exchange | as many rows on each: speed-up | exchange's share "
        "| the same batch: speed-up | exchange's share |"
    )
    yield "|---" * 7 + "|"
    for link in links:
        for count in devices:
            each = as_many_rows_on_each(step, parameters, count, link)
            same = the_same_batch(step, parameters, count, link, ROWS)
            yield (
                f"| {link.gigabits:g} Gbit/s | {count:,} | {_ms(each.exchange)} | "
                f"{_told(each)} | {_told(same)} |"
            )


def _ms(seconds: float) -> str:
    milliseconds = 1000 * seconds
    return f"{milliseconds:,.0f} ms" if milliseconds >= 100 else f"{milliseconds:.3g} ms"


def _told(step: Scaled) -> str:
    return f"{step.speed_up:.1f} | {step.share:.0%}"


def limits_table(
    steps: dict[str, tuple[float, int]], links: list[Link], worth: float
) -> Iterator[str]:
    """Yield the lines of the most devices whose exchange takes at most `worth` of a step."""
    yield (
        f"The most devices, a power of two, of whose step the exchange takes at most {worth:.0%}:"
    )
    yield ""
    yield "| model, step on one device | link | as many rows on each | the same batch |"
    yield "|---|---|---|---|"
    for name, (step, parameters) in steps.items():
        for link in links:
            each, same = (
                most_devices(partial(_pays, scaled, step, parameters, link, worth))
                for scaled in (as_many_rows_on_each, partial(the_same_batch, rows=ROWS))
            )
            same = min(same, ROWS)  # more would have nothing to compute
            yield f"| {name}, {_ms(step)} | {link.gigabits:g} Gbit/s | {each:,} | {same:,} |"


def _pays(
    scaled: Callable[..., Scaled],
    step: float,
    parameters: int,
    link: Link,
    worth: float,
    devices: int,
) -> bool:
    return scaled(step, parameters, devices, link).share <= worth


def updates_table(examples: list[int], devices: list[int]) -> Iterator[str]:
    """Yield the lines of the updates of a run whose batch grows with the devices."""
    from kbert import TrainingPlan
    from kbert.plans.device_findings import AMPLE_UPDATES

    def updates(rows: int, count: int) -> int:
        plan = TrainingPlan(examples=rows, batch_size=ROWS * count, epochs=EPOCHS, devices=count)
        return plan.updates

    yield (
        f"Updates in {EPOCHS} epochs with {ROWS} rows on each device; fewer than "
        f"{AMPLE_UPDATES} are the finding `batch-times-devices`:"
    )
    yield ""
    yield f"| rows | {' | '.join(f'{d} devices' for d in (1, *devices))} | most devices |"
    yield "|---" * (3 + len(devices)) + "|"
    for rows in examples:
        counts = " | ".join(f"{updates(rows, d):,}" for d in (1, *devices))
        most = most_devices(lambda d, rows=rows: updates(rows, d) >= AMPLE_UPDATES)
        yield f"| {rows:,} | {counts} | {most:,} |"


def tables(options: argparse.Namespace, found: dict[str, dict[str, float]]) -> Iterator[str]:
    """Yield the lines of all tables."""
    links = [Link(gigabits, options.latency_us) for gigabits in options.gigabits]
    yield from measured_table(found, options.devices)
    if options.all_reduce:
        name, each = next(iter(found.items()))
        host = _all_reduce(int(each["parameters"]))
        yield ""
        yield (
            f"The exchange of {name} among {host['devices']} virtual devices of this host, by "
            f"JAX: {1000 * host['all']:.0f} ms; of 1,024 numbers: {1000 * host['few']:.2g} ms."
        )
    steps: dict[str, tuple[float, int]] = {}
    for name, each in found.items():
        parameters = int(each["parameters"])
        for factor in options.faster:
            who = name if factor == 1 else f"{name} on a device {factor:g} times as fast"
            steps[who] = (each["seconds"] / factor, parameters)
    for name, (step, parameters) in steps.items():
        yield ""
        yield from speed_up_table(name, step, parameters, options.devices, links)
    yield ""
    yield f"The links have a latency of {options.latency_us:g} µs a message."
    yield ""
    yield from limits_table(steps, links, options.worth)
    yield ""
    yield from updates_table(options.examples, options.devices)


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--steps", type=int, default=3, help="that are timed; the fastest counts")
    parser.add_argument("--step-ms", type=float, nargs="+", help="of each model, in place of these")
    parser.add_argument("--faster", type=float, nargs="+", default=[1, 100], help="than this")
    parser.add_argument("--devices", type=int, nargs="+", default=[8, 64, 512])
    parser.add_argument("--gigabits", type=float, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--latency-us", type=float, default=20)
    parser.add_argument("--worth", type=float, default=0.2, help="share of the exchange that pays")
    parser.add_argument("--examples", type=int, nargs="+", default=[10**4, 10**5, 10**6, 10**7])
    parser.add_argument("--no-all-reduce", dest="all_reduce", action="store_false")
    parser.add_argument("--measure", choices=MODELS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.steps)))
        return
    if options.step_ms and len(options.step_ms) != len(options.models):
        parser.error("--step-ms needs a number for each model")
    steps = 0 if options.step_ms else options.steps
    found = {
        name: in_a_process("scaling", "jax", "--measure", name, "--steps", steps)
        for name in options.models
    }
    for name, milliseconds in zip(options.models, options.step_ms or (), strict=False):
        found[name]["seconds"] = milliseconds / 1000
    for line in tables(options, found):
        print(line, flush=True)


if __name__ == "__main__":
    main()
