import re
from pathlib import Path

import keras
import numpy as np
import pytest

from kbert import BertClassifier, KbertError, Tokenizer, TrainingPlan, create_optimizer
from kbert.backend.random_states import restore_random_states
from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.checkpoints.position import Position
from kbert.checkpoints.training_state import (
    capture_state,
    check_finite,
    restore_epoch_state,
    restore_state,
    saved_random_states,
)

pytestmark = pytest.mark.keras

DROPOUT = 0.4
BACKBONE = {
    "dropout": DROPOUT,
    "vocabulary_size": 6,
    "num_layers": 1,
    "num_heads": 2,
    "hidden_dim": 4,
    "intermediate_dim": 4,
    "max_sequence_length": 16,
}
PLAN = TrainingPlan(16, batch_size=4, epochs=2, learning_rate=1e-2, gradient_accumulation_steps=2)
POSITION = Position(epoch=1, segments=(), examples_seen=16, batches_done=3)
IDS = np.random.default_rng(0).integers(0, 6, size=(16, 8)).astype("int32")
INPUTS = {"token_ids": IDS, "segment_ids": np.zeros_like(IDS), "padding_mask": np.ones_like(IDS)}


def make_model(plan=PLAN, labels=("x", "y"), metrics=("accuracy",)):
    tokenizer = Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b"])
    settings = {"labels": labels, "max_length": 8, "dropout": DROPOUT}
    model = BertClassifier(BACKBONE, tokenizer=tokenizer, **settings)
    model.compile(create_optimizer(plan), metrics=list(metrics))
    model.optimizer.build(model.trainable_variables)
    return model


def train(model):
    # An odd number of batches, so that half an update's gradients are in the optimizer.
    model.fit(INPUTS, IDS[:, 0] % 2, batch_size=6, shuffle=False, verbose=0)


def write(model, folder):
    state = {"position": POSITION.to_dict(), "facts": {}}
    return read_checkpoint(CheckpointStore(folder).commit("test", capture_state(model), state))


def assert_equal(state, other):
    for file, arrays in state.items():
        assert sorted(arrays) == sorted(other[file])
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, other[file][name], err_msg=name)


@pytest.fixture(scope="module")
def trained():
    model = make_model()
    train(model)
    return model


@pytest.fixture
def checkpoint(trained, tmp_path):
    return write(trained, tmp_path)


def test_a_fresh_model_gets_every_variable(trained, checkpoint):
    model = make_model()
    saved = capture_state(trained)
    assert_equal(saved, checkpoint.arrays)
    restore_state(model, checkpoint)
    restore_epoch_state(model, checkpoint, (INPUTS, IDS[:, 0] % 2))
    restore_random_states(saved_random_states(checkpoint))
    assert_equal(saved, capture_state(model))
    assert int(model.optimizer.iterations) == 1
    assert int(keras.ops.convert_to_numpy(model.optimizer._iterations)) == 3
    assert any(np.any(a) for name, a in saved["optimizer"].items() if "accumulator" in name)


def test_the_names_are_the_same_on_every_backend(checkpoint):
    counters = sorted(n for n in checkpoint.arrays["counters"] if not n.startswith("random/"))
    assert [name.split("/")[0] for name in counters] == ["metrics"] * 4 + ["seeds"] * 5
    assert all(checkpoint.arrays["counters"][n].dtype == np.int64 for n in counters[4:])
    assert not any(re.search(r"_\d+/seed_generator_state", name) for name in counters)
    assert "logits/kernel" in checkpoint.arrays["model"]
    assert "adamw/iteration" in checkpoint.arrays["optimizer"]


def test_training_continues_as_if_it_had_not_stopped(tmp_path):
    model, other = make_model(), make_model()
    train(model)
    checkpoint = write(model, tmp_path)
    restore_state(other, checkpoint)
    restore_epoch_state(other, checkpoint, (INPUTS, IDS[:, 0] % 2))  # building draws random numbers
    for one in (model, other):
        restore_random_states(saved_random_states(checkpoint))
        train(one)
    left, right = capture_state(model), capture_state(other)
    for file in ("model", "optimizer"):
        assert_equal({file: left[file]}, {file: right[file]})


def test_accumulated_gradients_can_be_left_out(checkpoint):
    model = make_model()
    restore_state(model, checkpoint, fresh_accumulators=True)
    arrays = capture_state(model)["optimizer"]
    assert not any(np.any(array) for name, array in arrays.items() if "accumulator" in name)
    longer = TrainingPlan(16, batch_size=4, epochs=2, learning_rate=1e-2)
    restore_state(make_model(longer), checkpoint, fresh_accumulators=True)


def _misshape(arrays):
    arrays["logits/kernel"] = arrays["logits/kernel"].T.copy()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("model", lambda a: a.pop("logits/bias"), r"model.*: missing: logits/bias\.$"),
        ("model", lambda a: a.update(more=np.zeros(1)), r"model.*: unknown: more\.$"),
        ("model", _misshape, r"logits/kernel: expected \(4, 2\), received \(2, 4\)"),
        ("optimizer", lambda a: a.pop("adamw/iteration"), "optimizer.*: missing: adamw/iteration"),
        ("optimizer", lambda a: a.update(more=np.zeros(1)), r"optimizer.*: unknown: more\.$"),
        ("counters", lambda a: a.update({"seeds/more": np.zeros(2, int)}), "unknown: seeds/more"),
    ],
    ids=["missing", "unknown", "misshapen", "optimizer-missing", "optimizer-unknown", "seed"],
)
def test_refuses_variables_that_do_not_fit(checkpoint, name, change, message):
    change(checkpoint.arrays[name])
    model = make_model()
    with pytest.raises(KbertError, match=message):
        restore_state(model, checkpoint)


def test_refuses_another_model_and_another_optimizer(checkpoint):
    with pytest.raises(KbertError, match=r"logits/kernel: expected \(4, 3\), received \(4, 2\)"):
        restore_state(make_model(labels=("x", "y", "z")), checkpoint)
    plan = TrainingPlan(16, batch_size=4, epochs=2, recipe="google", gradient_accumulation_steps=2)
    with pytest.raises(KbertError, match="optimizer.safetensors does not fit.* missing: bert_adam"):
        restore_state(make_model(plan), checkpoint)


@pytest.mark.any_backend  # what is refused is the same on each
def test_refuses_other_metrics(checkpoint):
    model = make_model(metrics=())
    with pytest.raises(KbertError, match="written with 4 metric variables, and the model has 2"):
        restore_epoch_state(model, checkpoint, (INPUTS, IDS[:, 0] % 2))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_refuses_weights_that_are_not_finite(value):
    arrays = {"a": np.zeros(3, "f4"), "b": np.array([0, value], "f4"), "c": np.zeros(1, int)}
    with pytest.raises(KbertError, match="The weight b is not finite after batch 3, so this state"):
        check_finite(arrays, POSITION)
    check_finite({"a": arrays["a"], "c": arrays["c"]}, POSITION)


FORMATS = Path(__file__).parents[1] / "data" / "formats" / "0.1"


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_a_kbert_0_1_checkpoint_is_restored_under_the_same_names(backend):
    run = FORMATS / f"stopped-{backend}"
    store = CheckpointStore(run / "checkpoints")
    checkpoint = read_checkpoint(store.last())
    model = BertClassifier.load(run)
    model.compile(
        create_optimizer(TrainingPlan.from_dict(checkpoint.identity["plan"])), metrics=["accuracy"]
    )
    model.optimizer.build(model.trainable_variables)
    ids = np.ones((8, 8), "int32")
    batch = {"token_ids": ids, "segment_ids": ids, "padding_mask": ids}, np.zeros(8, "int32")
    restore_state(model, checkpoint)
    restore_epoch_state(model, checkpoint, batch)
    state = capture_state(model, saved_random_states(checkpoint))
    assert_equal(state, checkpoint.arrays)
    if backend == keras.backend.backend():
        for file, arrays in state.items():
            assert all(a.dtype == checkpoint.arrays[file][n].dtype for n, a in arrays.items())


def test_nothing_is_restored_if_anything_does_not_fit(checkpoint):
    model = make_model()
    before = capture_state(model)
    checkpoint.arrays["optimizer"].pop("adamw/iteration")
    with pytest.raises(KbertError, match="missing: adamw/iteration"):
        restore_state(model, checkpoint)
    after = capture_state(model)
    assert_equal({"model": before["model"]}, {"model": after["model"]})
