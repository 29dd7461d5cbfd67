import json

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from kbert import BertClassifier, KbertError, Tokenizer, TrainingPlan, create_optimizer
from kbert.models import checkpoint
from kbert.models.checkpoint import restore_checkpoint, write_checkpoint
from kbert.models.checkpoint_position import Position, read_position
from kbert.models.model_directory import arrays_of

pytestmark = pytest.mark.keras

# Dropout on torch draws from its own random state, which is no variable of the model's.
DROPOUT = 0.0 if keras.backend.backend() == "torch" else 0.4
BACKBONE = {
    "dropout": DROPOUT,
    "vocabulary_size": 6,
    "num_layers": 1,
    "num_heads": 2,
    "hidden_dim": 4,
    "intermediate_dim": 4,
    "max_sequence_length": 16,
}
PLAN = TrainingPlan(16, batch_size=4, epochs=2, learning_rate=1e-2, accumulation=2)
POSITION = Position(epochs=1, examples_seen=16, plan={"examples": 16})


def make_model(plan=PLAN, labels=("x", "y")):
    tokenizer = Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b"])
    settings = {"labels": labels, "max_length": 8, "dropout": DROPOUT}
    model = BertClassifier(BACKBONE, tokenizer=tokenizer, **settings)
    model.compile(create_optimizer(plan), metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)
    return model


def train(model, epochs=1):
    ids = np.random.default_rng(0).integers(0, 6, size=(16, 8)).astype("int32")
    inputs = {
        "token_ids": ids,
        "segment_ids": np.zeros_like(ids),
        "padding_mask": np.ones_like(ids),
    }
    # An odd number of batches, so that half an update's gradients are in the optimizer.
    model.fit(inputs, ids[:, 0] % 2, batch_size=6, epochs=epochs, shuffle=False, verbose=0)


def all_arrays(model):
    return {**arrays_of(model.variables), **arrays_of(model.optimizer.variables)}


def assert_equal(arrays, others):
    assert list(arrays) == list(others)
    for path, array in arrays.items():
        np.testing.assert_array_equal(array, others[path], err_msg=path)


@pytest.fixture(scope="module")
def trained():
    model = make_model()
    train(model)
    return model


@pytest.fixture
def folder(trained, tmp_path):
    write_checkpoint(trained, tmp_path / "last", POSITION)
    return tmp_path / "last"


def test_files(folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        *("model.safetensors", "optimizer.safetensors", "position.json")
    ]
    assert read_position(folder) == POSITION


def test_a_fresh_model_gets_every_variable(trained, folder):
    model = make_model()
    saved = all_arrays(trained)
    assert any(np.any(saved[path] != array) for path, array in all_arrays(model).items())
    restore_checkpoint(model, folder)
    assert_equal(saved, all_arrays(model))
    assert int(model.optimizer.iterations) == 1
    assert int(keras.ops.convert_to_numpy(model.optimizer._iterations)) == 3
    accumulated = [array for path, array in saved.items() if "accumulator" in path]
    assert any(map(np.any, accumulated))


def test_training_goes_on_as_if_it_had_not_stopped(tmp_path):
    model, other = make_model(), make_model()
    train(model)
    write_checkpoint(model, tmp_path / "last", POSITION)
    restore_checkpoint(other, tmp_path / "last")
    train(model)
    train(other)
    assert_equal(all_arrays(model), all_arrays(other))


def test_takes_the_place_of_an_older_one_and_leaves_no_stray_file(trained, folder):
    (folder / "leftover").touch()
    later = Position(epochs=2, examples_seen=32, plan={})
    write_checkpoint(trained, folder, later)
    assert read_position(folder) == later
    assert len(list(folder.iterdir())) == 3
    assert list(folder.parent.iterdir()) == [folder]


def test_a_write_that_fails_leaves_the_old_one(trained, folder, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr(checkpoint, "save_file", fail)
    with pytest.raises(OSError, match="no space left"):
        write_checkpoint(trained, folder, Position(epochs=2, examples_seen=32, plan={}))
    assert read_position(folder) == POSITION
    assert list(folder.parent.iterdir()) == [folder]
    restore_checkpoint(make_model(), folder)


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
    ],
    ids=["missing", "unknown", "misshapen", "optimizer-missing", "optimizer-unknown"],
)
def test_refuses_variables_that_do_not_fit(folder, name, change, message):
    arrays = load_file(folder / f"{name}.safetensors")
    change(arrays)
    save_file(arrays, folder / f"{name}.safetensors")
    with pytest.raises(KbertError, match=message):
        restore_checkpoint(make_model(), folder)


def test_refuses_another_model_and_another_optimizer(folder):
    with pytest.raises(KbertError, match=r"logits/kernel: expected \(4, 3\), received \(4, 2\)"):
        restore_checkpoint(make_model(labels=("x", "y", "z")), folder)
    plan = TrainingPlan(16, batch_size=4, epochs=2, recipe="google", accumulation=2)
    with pytest.raises(KbertError, match="optimizer.safetensors does not fit.* missing: bert_adam"):
        restore_checkpoint(make_model(plan), folder)


@pytest.mark.parametrize("name", ["model.safetensors", "optimizer.safetensors"])
@pytest.mark.parametrize("change", ["broken", "gone"])
def test_refuses_a_broken_file(folder, name, change):
    (folder / name).unlink()
    if change == "broken":
        (folder / name).write_text("no arrays")
    with pytest.raises(KbertError, match=f"{name} cannot be read"):
        restore_checkpoint(make_model(), folder)


@pytest.mark.parametrize("text", ["{}", json.dumps({"format": "kbert-checkpoint-9", "epochs": 1})])
def test_refuses_another_format(folder, text):
    (folder / "position.json").write_text(text)
    with pytest.raises(KbertError, match=r"last is not a checkpoint .*\(kbert-checkpoint-1\)"):
        read_position(folder)


def test_refuses_a_folder_without_a_position(folder):
    (folder / "position.json").write_text("{")
    with pytest.raises(KbertError, match=r"position\.json is not JSON"):
        read_position(folder)
    (folder / "position.json").unlink()
    with pytest.raises(KbertError, match=r"position\.json"):
        read_position(folder)
