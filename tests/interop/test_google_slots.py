"""TensorFlow 1 checkpoints of other training scripts: slots, counters, scopes and heads."""

import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from kbert import BertClassifier, KbertError
from kbert.interop.google import GoogleCheckpoint, read_google

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]
REFERENCE = Path(__file__).parents[1] / "data" / "reference"
RELEASE, TRAINED = REFERENCE / "tiny_checkpoint", REFERENCE / "tiny_checkpoint_classifier"


def variables_of(folder, prefix):
    reader = tf.train.load_checkpoint(str(folder / prefix))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


@pytest.fixture(scope="module")
def weights():
    """The weights of the trained classifier, without slots and counters."""
    (index,) = TRAINED.glob("*.index")
    found = variables_of(TRAINED, index.stem)
    return {n: a for n, a in found.items() if "adam_" not in n and n != "global_step"}


def write(folder, variables, prefix="model.ckpt-7"):
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("bert_config.json", "vocab.txt"):
        shutil.copy(RELEASE / name, folder / name)
    tf.raw_ops.SaveV2(
        prefix=str(folder / "saved"),
        tensor_names=list(variables),
        shape_and_slices=[""] * len(variables),
        tensors=[tf.constant(array) for array in variables.values()],
    )
    for file in folder.glob("saved.*"):
        file.rename(folder / file.name.replace("saved", prefix, 1))
    (folder / "checkpoint").write_text(f'model_checkpoint_path: "{prefix}"\n')
    return folder


def with_slots(weights, *endings, before=""):
    slots = {f"{before}{n}/{ending}": a * 0 for n, a in weights.items() for ending in endings}
    return {**weights, **slots}


KINDS = {
    "BERTAdam": (("BERTAdam", "BERTAdam_1"), "", {}),
    "AdamWeightDecayOptimizer": (
        ("AdamWeightDecayOptimizer", "AdamWeightDecayOptimizer_1"),
        "",
        {"global_step": np.int64(9)},
    ),
    "LAMB": (("lamb_m", "lamb_v"), "", {"global_step": np.int64(9)}),
    "Adam": (("Adam", "Adam_1"), "", {"beta1_power": np.float32(1), "beta2_power": np.float32(1)}),
    "Momentum": (("Momentum",), "", {}),
    "scoped": (("Adam", "Adam_1"), "train_op/", {}),
    "average": (("ExponentialMovingAverage",), "", {}),
    "loss scale": (
        ("adam_m", "adam_v"),
        "",
        {"loss_scale": np.float32(1), "good_steps": np.int32(2)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_variables_below_a_weight_are_slots(kind, weights, tmp_path):
    endings, before, counters = KINDS[kind]
    folder = write(tmp_path, {**with_slots(weights, *endings, before=before), **counters})
    found = read_google(folder)
    expected = read_google(TRAINED, base=RELEASE)
    assert found.classes == 3
    for name, array in expected.arrays.items():
        assert np.array_equal(found.arrays[name], array)
    said = " ".join(found.notes)
    assert f"Left behind: {len(endings) * len(weights)} slots of" in said
    if kind != "loss scale":
        assert endings[0] in said
    for counter in counters.keys() - {"global_step"}:
        assert counter in said
    if counters.get("global_step") == 9:
        assert "Left behind: global_step 9." in found.notes


@pytest.mark.parametrize("step", [np.arange(3.0), np.float32(7), np.array("x")], ids=str)
def test_an_unusual_global_step_gets_one_note(step, weights, tmp_path):
    folder = write(tmp_path, {**weights, "global_step": step})
    notes = GoogleCheckpoint(str(folder)).read(head=False).notes
    assert sum("global_step" in note for note in notes) == 1


@pytest.mark.parametrize("scope", ["module/", "model/tower/"])
def test_scopes_are_removed(scope, weights, tmp_path):
    folder = write(tmp_path, with_slots({scope + n: a for n, a in weights.items()}, "BERTAdam"))
    found = read_google(folder)
    assert found.classes == 3
    for name, array in read_google(TRAINED, base=RELEASE).arrays.items():
        assert np.array_equal(found.arrays[name], array)


def test_an_unusable_head_is_left_behind(weights, tmp_path):
    head = {"output_weights": np.ones((1, 64), "f"), "output_bias": np.ones(1, "f")}
    folder = write(tmp_path, {**weights, **head, "crf/transitions": np.ones((3, 3), "f")})
    with pytest.raises(KbertError, match="its head has one output and does not choose"):
        read_google(folder)
    found = GoogleCheckpoint(str(folder)).read(head=False)
    assert found.classes == 0
    assert (
        "Left behind: 3 weights of another head (crf/transitions, output_bias, output_we"
        in (found.notes[-1])
    )
    BertClassifier.from_preset(str(folder), ["a", "b"], max_length=16)


def test_extra_layers_beside_a_head_are_refused(weights, tmp_path):
    folder = write(tmp_path, {**weights, "dense/kernel": np.ones((3, 3), "f")})
    with pytest.raises(KbertError, match=r"surplus: dense/kernel\."):
        read_google(folder)


def test_missing_weights_are_reported_with_what_was_found(weights, tmp_path):
    others = {n.replace("bert/", "electra/"): a for n, a in weights.items()}
    found = (
        r"missing: bert/embeddings/word_embeddings \(found: electra/embeddings/word_embeddings\)"
    )
    with pytest.raises(KbertError, match=found):
        read_google(write(tmp_path / "a", others))
    objects = {f"{n.replace('/', '_')}/.ATTRIBUTES/VARIABLE_VALUE": a for n, a in weights.items()}
    with pytest.raises(KbertError, match="is an object-based checkpoint of TensorFlow 2"):
        read_google(write(tmp_path / "b", objects))
    several = {f"{s}/{n}": a for n, a in weights.items() for s in ("student", "teacher")}
    with pytest.raises(KbertError, match="holds 2 BERTs, in the scopes student/, teacher/"):
        read_google(write(tmp_path / "c", several))


def test_without_a_pooler(weights, tmp_path):
    folder = write(tmp_path, {n: a for n, a in weights.items() if "pooler" not in n})
    with pytest.raises(KbertError, match="no pooler"):
        read_google(folder)
    assert not GoogleCheckpoint(str(folder)).read(head=False).has_pooler
    BertClassifier.from_preset(str(folder), ["a", "b"], max_length=16)


@pytest.mark.parametrize("dtype", ["int32", "complex64", "str"])
def test_weights_that_are_not_floats_are_refused(dtype, weights, tmp_path):
    name = "bert/embeddings/LayerNorm/beta"
    array = np.full(weights[name].shape, "x") if dtype == "str" else weights[name].astype(dtype)
    with pytest.raises(KbertError, match=rf"{name} holds .*; floats were expected"):
        read_google(write(tmp_path, {**weights, name: array}))


@pytest.mark.parametrize("name", ["model.ckpt-[7]", "model*", "ck?t", "a{7}"])
def test_a_name_with_glob_characters(name, weights, tmp_path):
    """Only the files with exactly that name are checked and opened."""
    folder = write(tmp_path / "run [1]", weights, prefix=name)
    found = read_google(folder)
    assert found.classes == 3
    shard = folder / f"{name}.data-00000-of-00001"
    outside = tmp_path / "outside"
    shard.rename(outside)
    decoys = ("model.ckpt-7", "modelling", "ckpt", "a7")
    for decoy in decoys:
        shutil.copy(outside, folder / f"{decoy}.data-00000-of-00001")
    shard.symlink_to(outside)
    with pytest.raises(KbertError, match=r"leads to .*outside, but nothing outside"):
        read_google(folder)
    shard.unlink()
    os.mkfifo(shard)
    with pytest.raises(KbertError, match="is a device or a pipe"):
        read_google(folder)
    shard.unlink()
    with pytest.raises(KbertError, match=r"index is there, but its weights.* Cure: put all"):
        read_google(folder)


def test_a_checkpoint_with_only_averages_is_refused(weights, tmp_path):
    average = "ExponentialMovingAverage"
    folder = write(tmp_path / "a", {f"{name}/{average}": a for name, a in weights.items()})
    with pytest.raises(KbertError, match=rf"word_embeddings \(found: bert/emb.*/{average}\)"):
        read_google(folder)


def test_a_folder_named_like_the_checkpoint_is_ignored(weights, tmp_path):
    folder = write(tmp_path / "a", weights, prefix="model.ckpt-7")
    elsewhere = write(tmp_path / "b", {n: a + 1 for n, a in weights.items()}, prefix="x")
    (folder / "model.ckpt-7").mkdir()
    (folder / "model.ckpt-7" / "checkpoint").write_text(
        f'model_checkpoint_path: "{elsewhere / "x"}"\n'
    )
    found = read_google(folder)
    for name, array in read_google(TRAINED, base=RELEASE).arrays.items():
        assert np.array_equal(found.arrays[name], array)


def test_the_file_checkpoint_is_read_as_text(tmp_path):
    (tmp_path / "bert_config.json").write_text(json.dumps({}))
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "../../etc/passwd"\n')
    with pytest.raises(KbertError, match=re.escape("holds no checkpoint")):
        read_google(tmp_path)
