"""How far kbert's faster computations are from the plain ones: greatest differences by backend.

    python -m benchmarks.exactness

MiniLM runs in float32 on film reviews in batches of 32, without dropout, whose random numbers
depend on the shapes. Three pairs are compared:

- several texts per row, with one text per row
- the update of all weights in one kernel, with Keras's loop over them, on the same gradients (JAX
  has only the loop, which it compiles into one kernel)
- the last layer for [CLS] alone, with the last layer for all tokens

The key biases are left out of the weights: they do not affect the softmax, so Adam turns rounding
errors into steps.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks.sides import BACKENDS, in_a_process
from benchmarks.techniques import without_fused_optimizer
from benchmarks.training_speed import BATCH, MAX_LENGTHS, read_rows

_DATA = "rotten_tomatoes"
_UPDATES, _FUSED_UPDATES, _RATE = 10, 20, 5e-5
_KERNEL = f"one kernel, and the loop: weights after {_FUSED_UPDATES} updates"


def new_model() -> Any:
    """Return MiniLM without dropout, and with a head that is always the same."""
    import keras

    from kbert import BertClassifier
    from kbert.models.variables import assign_variables, to_arrays

    keras.utils.set_random_seed(0)
    names = ("negative", "positive")
    source = BertClassifier.from_preset(
        "minilm", names, max_length=MAX_LENGTHS[_DATA], pooling="cls"
    )
    config = source.get_config()
    config |= {"dropout": 0.0, "backbone": {**config["backbone"], "dropout": 0.0}}
    config["backbone"]["attention_dropout"] = 0.0
    model = BertClassifier.from_config(config)
    arrays = to_arrays(source.weights)
    arrays["logits/kernel"] *= 50  # logits as far apart as those of a trained head
    assign_variables(model.weights, arrays, "minilm")
    return model


def greatest(pairs: Any) -> float:
    """Return the greatest difference of pairs of tensors or arrays."""
    from keras import ops

    arrays = ((ops.convert_to_numpy(one), ops.convert_to_numpy(other)) for one, other in pairs)
    return max(float(np.abs(one - other).max()) for one, other in arrays)


def trained(model: Any, batches: Any, updates: int) -> dict[str, np.ndarray]:
    """Return the weights after some updates, except the key biases."""
    from kbert import AdamW
    from kbert.models.variables import to_arrays

    model.compile(optimizer=AdamW(_RATE, global_clipnorm=1.0))
    for update in range(updates):
        model.train_on_batch(*batches(update))
    weights = to_arrays(model.trainable_variables)
    return {path: array for path, array in weights.items() if not path.endswith("key/bias")}


def packed_against_padded(rows: int) -> dict[str, float]:
    """Return the differences between several texts per row and one text per row."""
    from kbert import Examples, Labels, TrainingPlan
    from kbert.data.padding import pad
    from tests.parity.worker import loss_and_gradients

    model, (texts, labels) = new_model(), read_rows(_DATA, rows)
    names = Labels(model.labels.names)
    examples = Examples(texts, label_ids=labels, labels=names)
    batches = model.batches(examples, TrainingPlan(rows, BATCH, 1), packing="on")

    def packed(index: int) -> Any:
        return batches[index % len(batches)]

    def padded(index: int) -> Any:
        index %= len(batches)
        encoded = [batches.store[int(row)] for row in batches.rows(index)]
        return pad(encoded, MAX_LENGTHS[_DATA], batches.pad_id), batches[index][1]

    found = {
        "logits": max(
            greatest([(model(packed(i)[0]), model(padded(i)[0]))]) for i in range(len(batches))
        )
    }
    gradients = []
    for make in (packed, padded):
        gradients.append([*loss_and_gradients(model, *make(0))[1]])
        model = new_model()  # torch accumulates gradients
    found["gradients of a batch"] = greatest(zip(*gradients, strict=True))
    one, other = (trained(new_model(), make, _UPDATES) for make in (packed, padded))
    found[f"weights after {_UPDATES} updates"] = greatest(
        zip(one.values(), other.values(), strict=True)
    )
    return found


def kernel_against_loop() -> float:
    """Return the difference between the weights after the same gradients, by kernel and by loop."""
    from keras import ops

    from kbert import AdamW

    model = new_model()
    before = [ops.convert_to_numpy(v.value) for v in model.trainable_variables]
    found = []
    for switch_off in (False, True):
        if switch_off:
            without_fused_optimizer()
        for variable, array in zip(model.trainable_variables, before, strict=True):
            variable.assign(array)
        optimizer = AdamW(_RATE, global_clipnorm=1.0)
        optimizer.build(model.trainable_variables)
        random = np.random.default_rng(0)
        for _ in range(_FUSED_UPDATES):
            scale = np.float32(10.0 ** random.integers(-6, -2))  # some are clipped, some are not
            gradients = [scale * random.standard_normal(a.shape, np.float32) for a in before]
            optimizer.apply([ops.convert_to_tensor(g) for g in gradients])
        found.append([ops.convert_to_numpy(v.value) for v in model.trainable_variables])
    return greatest(zip(*found, strict=True))


def cls_against_all(rows: int) -> float:
    """Return the difference in pooled output between [CLS] alone and all tokens."""
    from kbert.data.padding import pad
    from kbert.models.pooled_output import pooled_output

    model, (texts, _) = new_model(), read_rows(_DATA, rows)
    inputs = pad(model.tokenizer.encode(texts, max_length=64), MAX_LENGTHS[_DATA])
    whole = model.backbone(inputs, training=False)["pooled_output"]
    return greatest([(pooled_output(model.backbone, inputs, False), whole)])


def measure(rows: int) -> dict[str, float]:
    """Return the greatest differences on the backend of this process."""
    import keras

    packed = packed_against_padded(rows)
    found = {f"several texts in a row, and a row for each: {q}": n for q, n in packed.items()}
    found["[CLS] alone, and the whole last layer: pooled output"] = cls_against_all(rows)
    if keras.backend.backend() != "jax":  # last: it patches kbert
        found[_KERNEL] = kernel_against_loop()
    return found


def table(found: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """Return the lines of the table, which has a column for each backend."""
    yield f"| compared | {' | '.join(found)} |"
    yield "|---" * (len(found) + 1) + "|"
    for name in {name: None for each in found.values() for name in each}:
        cells = (f"{each[name]:.1e}" if name in each else "" for each in found.values())
        yield f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table, or one backend's numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=320)
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        print(json.dumps(measure(options.rows)))
        return
    flags = ("--alone", "--rows", options.rows)
    print("\n".join(table({b: in_a_process("exactness", b, *flags) for b in options.backends})))


if __name__ == "__main__":
    main()
