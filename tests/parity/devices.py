"""The same training on several devices and in several processes: python -m tests.parity.devices.

Each case trains a tiny classifier for 50 updates, with dropout unless its name says without, in
batches of 14 rows and one of 4, which do not divide evenly among 8 devices; then the model is
evaluated and predicts. The greatest absolute differences from one device are printed: of the
weights, of probabilities, and of the loss that `evaluate` returns. The host's processor stands in
for up to 8 devices.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .table import environment_of
from .worker import LABELS, TINY, VOCABULARY, WORDS

RATES = {
    **{"freeze_embeddings": True, "layer_decay": 0.7, "gradual_unfreezing": 0.5},
    "moving_average": 0.9,
}
CASES: dict[str, dict[str, dict[str, Any]]] = {
    "jax": {
        "rows": {},
        "packed rows": {"packing": "on"},
        "weighted rows": {"packing": "on", "weighted": True},
        "windows": {"long_text": "windows"},
        "accumulated": {"accumulated": 2},
        "bfloat16": {"dtype": "mixed_bfloat16"},
        "multi": {"target": "multi"},
        "regression": {"target": "regression"},
        "soft": {"target": "soft"},
        "ordered": {"target": "ordered"},
        "terms of the loss": {"techniques": {"r_drop": 1.0, "fgm": 0.5, "contrastive": 0.1}},
        "rates and averages": {"techniques": RATES | {"token_dropout": 0.2}},
        "lora": {"techniques": {"lora_rank": 2}},
        "new and frozen layers": {
            **{"techniques": {"reinit_layers": 1, "freeze_layers": 1, "freeze_embeddings": True}},
            **{"pooling": "mean", "layers": 2},
        },
        "linear head and average": {"linear_head": True, "average_best": 2},
    },
    "tensorflow": {
        "rows without dropout": {"dropout": 0.0},
        "weighted rows without dropout": {"dropout": 0.0, "weighted": True},
        "fgm without dropout": {"dropout": 0.0, "techniques": {"fgm": 0.5}},
        "rates and averages without dropout": {"dropout": 0.0, "techniques": RATES},
        "lora without dropout": {"dropout": 0.0, "techniques": {"lora_rank": 2}},
    },
}
BOUNDS = {"bfloat16": 2e-2}
BOUND = 2e-5
EPOCHS, ROWS, BATCH = 10, 60, 14


class Shape(NamedTuple):
    """The total number of devices, and that of the processes that hold them."""

    devices: int
    processes: int = 1


SHAPES = {
    "jax": [Shape(1), Shape(2), Shape(8), Shape(2, 2), Shape(8, 2)],
    "tensorflow": [Shape(1), Shape(2), Shape(4)],
}


def run(backend: str, folder: Path, trainings: Sequence[tuple[str, Shape]]) -> None:
    """Train cases, one after another, on shapes with the same number of processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    (processes,) = {shape.processes for _, shape in trainings}
    each = max(shape.devices for _, shape in trainings) // processes
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={each}"
    environment = {**environment_of(backend), "XLA_FLAGS": flags}
    environment |= {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    environment.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder / "compiled"))
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.parity.devices", "--work", json.dumps(arguments)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for process in range(processes)
        for arguments in [[backend, each, processes, process, address, str(folder), trainings]]
    ]
    for process in started:
        _, errors = process.communicate()
        assert process.returncode == 0, errors[-3000:]


def work(
    backend: str,
    each: int,
    processes: int,
    process: int,
    address: str,
    folder: str,
    trainings: list[tuple[str, list[int]]],
) -> None:
    """Train the cases in this process, which has some of the devices."""
    from kbert import join_processes
    from kbert.backend.choose_backend import import_keras

    if backend == "tensorflow":
        import tensorflow as tf

        processor = tf.config.list_physical_devices("CPU")[0]
        parts = [tf.config.LogicalDeviceConfiguration()] * each
        tf.config.set_logical_device_configuration(processor, parts)
    if processes > 1:
        assert join_processes(address, process, processes) == processes
    import_keras()
    for case, shape in trainings:
        found = train(shape[0], CASES[backend][case])
        if process == processes - 1:  # the last process ends with the same as the first
            np.savez(place(Path(folder), case, Shape(*shape)), **found)


def train(devices: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Train one case, and return what it ends with."""
    from kbert import EpochEvaluation, PlanGuard, fit_linear_head
    from kbert.backend.devices import leave_devices

    model, batches, examples, plan = build(devices, settings)
    allowed = ("too-few-updates", "one-class-predicted", "dev-overlap")
    callbacks = [PlanGuard(plan, verbose=0, allow=allowed)]
    if settings.get("linear_head"):
        fit_linear_head(model, batches)
    if count := settings.get("average_best"):
        callbacks.append(EpochEvaluation({"dev": examples}, average_best=count, verbose=0))
    model.fit(batches, epochs=EPOCHS, verbose=0, callbacks=callbacks)
    loss = model.evaluate(model.batches(examples, batch_size=BATCH), verbose=0)
    found = {
        "weights": np.concatenate([np.ravel(np.asarray(w)) for w in model.get_weights()]),
        "probabilities": model.predict_proba(examples.texts[:21], batch_size=10),
        "loss": np.ravel(loss)[0],
        "updates": np.asarray(model.optimizer.iterations),
    }
    leave_devices()
    return found


def build(devices: int, settings: dict[str, Any]) -> tuple[Any, Any, Any, Any]:
    """Return the model of a case, compiled, with its batches, examples and plan."""
    import keras

    from kbert import BertClassifier, Tokenizer, TrainingPlan, create_optimizer
    from kbert.backend.devices import built_on_devices
    from kbert.config.technique_options import TechniqueOptions
    from kbert.techniques.known_techniques import techniques_of
    from kbert.techniques.model_change import ModelChange
    from kbert.techniques.moving_average import MovingAverage
    from kbert.techniques.objective import Objective
    from kbert.techniques.rate_factor import RateFactor

    examples = examples_of(settings)
    accumulated = settings.get("accumulated", 1)
    plan = TrainingPlan(
        ROWS, BATCH, EPOCHS, learning_rate=1e-3, gradient_accumulation_steps=accumulated
    )
    dropout = settings.get("dropout", 0.1)
    with built_on_devices(devices):
        keras.utils.set_random_seed(1)
        pieces = (*VOCABULARY, "[MASK]")
        tokenizer = Tokenizer(pieces).with_truncation(settings.get("long_text"), None, None)
        model = BertClassifier(
            # One layer compiles in half the time.
            {
                **TINY,
                **{"vocabulary_size": len(pieces), "num_layers": settings.get("layers", 1)},
                "dropout": dropout,
            },
            examples.labels,
            tokenizer,
            max_length=8 if settings.get("long_text") else 16,
            dropout=dropout,
            dtype=settings.get("dtype"),
            target=examples.target,
            pooling=settings.get("pooling", "cls"),
        )
        used = techniques_of(TechniqueOptions(head="new", **settings.get("techniques", {})))
        for change in used:
            if isinstance(change, ModelChange):
                change(model)
        average = next((one for one in used if isinstance(one, MovingAverage)), None)
        optimizer = create_optimizer(
            plan,
            global_clipnorm=0.05,
            rate_factors=[one for one in used if isinstance(one, RateFactor)],
            moving_average=average,
        )
        objectives = [one for one in used if isinstance(one, Objective)]
        metrics = ["accuracy"] if examples.target.takes_names else None
        model.compile(optimizer=optimizer, objectives=objectives, weighted_metrics=metrics)
    batches = model.batches(examples, plan, packing=settings.get("packing", "off"))
    return model, batches, examples, plan


def examples_of(settings: dict[str, Any]) -> Any:
    """Return the rows of a case, with labels of its target."""
    from kbert import Examples, Labels
    from kbert.targets.known_targets import target_of

    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(WORDS[:11], random.integers(2, 12))) for _ in range(ROWS)]
    labels = random.integers(0, 3, ROWS)
    weights = random.uniform(0.5, 2, ROWS) if settings.get("weighted") else None
    names, target = Labels(LABELS), target_of(settings.get("target", "single"))
    if target.takes_names:
        return Examples(texts, label_ids=labels, labels=names, weights=weights, target=target)
    shares = np.eye(3, dtype=np.float32)[labels] * 0.7 + 0.1
    values = {"multi": shares.round(), "soft": shares, "regression": 3 * shares + labels[:, None]}
    y = values[target.kind].astype(np.float32)
    return Examples(texts, labels=names, targets=y, weights=weights, target=target.fitted(y))


def place(folder: Path, case: str, shape: Shape) -> Path:
    """Return the file for the results of a case."""
    return folder / f"{case.replace(' ', '-')}-{shape.devices}-{shape.processes}.npz"


def differences(folder: Path, case: str, shape: Shape) -> dict[str, float]:
    """Return how far the results of a case are from those on one device."""
    alone, several = (np.load(place(folder, case, one)) for one in (Shape(1), shape))
    assert alone["updates"] == several["updates"]
    names = ("weights", "probabilities", "loss")
    return {name: float(np.abs(alone[name] - several[name]).max()) for name in names}


def main() -> int:
    """Print the table, and return 1 if a difference exceeds its bound."""
    broken = 0
    print(f"{'backend':<11}{'case':<31}{'devices':>8}{'processes':>11}", end="")
    print(f"{'weights':>10}{'probabilities':>15}{'loss':>10}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for backend, shapes in SHAPES.items():
            for shape in shapes:
                run(backend, folder, [(case, shape) for case in CASES[backend]])
            for case in CASES[backend]:
                for shape in shapes[1:]:
                    found = differences(folder, case, shape)
                    far = max(found.values()) > BOUNDS.get(case, BOUND)
                    broken += far
                    row = f"{backend:<11}{case:<31}{shape.devices:>8}{shape.processes:>11}"
                    row += f"{found['weights']:>10.1e}{found['probabilities']:>15.1e}"
                    print(f"{row}{found['loss']:>10.1e}{'  BROKEN' if far else ''}", flush=True)
    return int(broken > 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(*json.loads(sys.argv[2]))
    else:
        sys.exit(main())
